-- A catalogue of version 1 as it was written then: two papers, a merge by title, a reader.
BEGIN TRANSACTION;
CREATE TABLE affiliations (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
CREATE TABLE authorship_affiliations (
	paper_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	affiliation_id INTEGER NOT NULL, 
	PRIMARY KEY (paper_id, position, affiliation_id), 
	FOREIGN KEY(paper_id) REFERENCES papers (id) ON DELETE CASCADE, 
	FOREIGN KEY(affiliation_id) REFERENCES affiliations (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE authorships (
	paper_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	person_id INTEGER NOT NULL, 
	name TEXT, 
	PRIMARY KEY (paper_id, position), 
	FOREIGN KEY(paper_id) REFERENCES papers (id) ON DELETE CASCADE, 
	FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "authorships" VALUES(1,0,1,NULL);
INSERT INTO "authorships" VALUES(1,1,2,NULL);
INSERT INTO "authorships" VALUES(2,0,3,NULL);
CREATE TABLE changes (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	paper_id INTEGER NOT NULL, 
	kind TEXT NOT NULL
);
INSERT INTO "changes" VALUES(1,1,'add');
INSERT INTO "changes" VALUES(2,2,'add');
CREATE TABLE collection_papers (
	collection_id INTEGER NOT NULL, 
	paper_id INTEGER NOT NULL, 
	added_at TEXT NOT NULL, 
	PRIMARY KEY (collection_id, paper_id), 
	FOREIGN KEY(collection_id) REFERENCES collections (id) ON DELETE CASCADE, 
	FOREIGN KEY(paper_id) REFERENCES papers (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE collections (
	id INTEGER NOT NULL, 
	reader_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (reader_id, name), 
	FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE
);
CREATE TABLE cursors (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	reader_id INTEGER NOT NULL, 
	at TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	paper_id INTEGER NOT NULL, 
	position INTEGER, 
	policy TEXT NOT NULL, 
	value TEXT NOT NULL, 
	undoes INTEGER, 
	FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE, 
	UNIQUE (undoes)
);
INSERT INTO "events" VALUES(1,1,'2026-11-21T03:15:47.344722+00:00','save',2,NULL,'','',NULL);
INSERT INTO "events" VALUES(2,1,'2026-11-21T03:15:47.344722+00:00','impression',2,NULL,'','',NULL);
CREATE TABLE identifiers (
	scheme TEXT NOT NULL, 
	value TEXT NOT NULL, 
	paper_id INTEGER NOT NULL, 
	PRIMARY KEY (scheme, value), 
	FOREIGN KEY(paper_id) REFERENCES papers (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "identifiers" VALUES('arxiv','2401.00001',1);
INSERT INTO "identifiers" VALUES('doi','10.1145/1',2);
CREATE TABLE kept_apart (
	paper_id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	source_id TEXT NOT NULL, 
	PRIMARY KEY (paper_id, source, source_id), 
	FOREIGN KEY(paper_id) REFERENCES papers (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE merges (
	id INTEGER NOT NULL, 
	paper_id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	source_id TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	score TEXT NOT NULL, 
	at TEXT NOT NULL, 
	undone_at TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(paper_id) REFERENCES papers (id) ON DELETE CASCADE
);
INSERT INTO "merges" VALUES(1,1,'ris:b.ris','t','title','1.0','2026-11-21T03:15:47.332442+00:00',NULL);
CREATE TABLE meta (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('instance_id','295f11b6-1bfa-4f43-8a0c-9dca1ba73ffb');
INSERT INTO "meta" VALUES('created_at','2026-11-21T03:15:47.305175+00:00');
CREATE TABLE papers (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	title TEXT NOT NULL, 
	abstract TEXT NOT NULL, 
	summary TEXT NOT NULL, 
	authors TEXT NOT NULL, 
	venue TEXT NOT NULL, 
	keywords TEXT NOT NULL, 
	year INTEGER NOT NULL, 
	day INTEGER NOT NULL, 
	added_at TEXT NOT NULL, 
	content TEXT NOT NULL
);
INSERT INTO "papers" VALUES(1,'Learning to rank with very few clicks','','','Ada Example
Bo Sample','','',0,0,'2026-11-21T03:15:47.332442+00:00','{"comments":"theirs","authors":[{"name":"Ada Example"},{"name":"Bo Sample"}],"ids":{"arxiv":"2401.00001"}}');
INSERT INTO "papers" VALUES(2,'What crossref calls it','','','Cy Third','V','',0,0,'2026-11-21T03:15:47.338613+00:00','{"authors":[{"name":"Cy Third"}],"ids":{"doi":"10.1145/1"}}');
CREATE TABLE people (
	id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	name TEXT NOT NULL, 
	given TEXT NOT NULL, 
	family TEXT NOT NULL, 
	orcid TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
INSERT INTO "people" VALUES(1,'ada example','Ada Example','','','');
INSERT INTO "people" VALUES(2,'bo sample','Bo Sample','','','');
INSERT INTO "people" VALUES(3,'cy third','Cy Third','','','');
CREATE TABLE providers (
	name TEXT NOT NULL, 
	state TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE quarantine (
	id INTEGER NOT NULL, 
	at TEXT NOT NULL, 
	source TEXT NOT NULL, 
	place TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	raw TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (source, place, reason)
);
CREATE TABLE reader_days (
	reader_id INTEGER NOT NULL, 
	paper_id INTEGER NOT NULL, 
	day TEXT NOT NULL, 
	PRIMARY KEY (reader_id, paper_id, day), 
	FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE, 
	FOREIGN KEY(paper_id) REFERENCES papers (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "reader_days" VALUES(1,2,'2026-11-21');
CREATE TABLE reader_papers (
	reader_id INTEGER NOT NULL, 
	paper_id INTEGER NOT NULL, 
	saved_at TEXT, 
	rating INTEGER DEFAULT '0' NOT NULL, 
	hidden INTEGER DEFAULT '0' NOT NULL, 
	opened_at TEXT, 
	days_seen INTEGER DEFAULT '0' NOT NULL, 
	last_seen_day TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (reader_id, paper_id), 
	FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE, 
	FOREIGN KEY(paper_id) REFERENCES papers (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "reader_papers" VALUES(1,2,'2026-11-21T03:15:47.344722+00:00',0,0,NULL,1,'2026-11-21');
CREATE TABLE reader_tags (
	reader_id INTEGER NOT NULL, 
	tag TEXT NOT NULL, 
	paper_id INTEGER NOT NULL, 
	PRIMARY KEY (reader_id, tag, paper_id), 
	FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE, 
	FOREIGN KEY(paper_id) REFERENCES papers (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE readers (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	last_event INTEGER DEFAULT '0' NOT NULL, 
	UNIQUE (name)
);
INSERT INTO "readers" VALUES(1,'ada','2026-11-21T03:15:47.342591+00:00','{}',1);
CREATE TABLE runs (
	id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	started TEXT NOT NULL, 
	finished TEXT NOT NULL, 
	report TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE source_records (
	id INTEGER NOT NULL, 
	paper_id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	source_id TEXT NOT NULL, 
	fetched_at TEXT NOT NULL, 
	place TEXT NOT NULL, 
	content TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(paper_id) REFERENCES papers (id) ON DELETE CASCADE
);
INSERT INTO "source_records" VALUES(1,1,'bibtex:a.bib','k','2026-11-21T03:15:47.332442+00:00','bibtex:a.bib:1','{"title":"Learning to rank with very few clicks","authors":[{"name":"Ada Example"},{"name":"Bo Sample"}],"ids":{"arxiv":"2401.00001"}}');
INSERT INTO "source_records" VALUES(2,1,'ris:b.ris','t','2026-11-21T03:15:47.332442+00:00','ris:b.ris:1','{"title":"Learning to rank with very few clicks","comments":"theirs","authors":[{"name":"Ada Example"},{"name":"Bo Sample"}]}');
INSERT INTO "source_records" VALUES(3,2,'crossref','10.1145/1','2026-11-21T03:15:47.338613+00:00','crossref:1',NULL);
CREATE TABLE title_grams (
	hash INTEGER NOT NULL, 
	paper_id INTEGER NOT NULL, 
	PRIMARY KEY (hash, paper_id), 
	FOREIGN KEY(paper_id) REFERENCES papers (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "title_grams" VALUES(2781001211,1);
INSERT INTO "title_grams" VALUES(3502952665,2);
CREATE TABLE versions (
	paper_id INTEGER NOT NULL, 
	n INTEGER NOT NULL, 
	recorded_at TEXT NOT NULL, 
	content TEXT NOT NULL, 
	PRIMARY KEY (paper_id, n), 
	FOREIGN KEY(paper_id) REFERENCES papers (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE INDEX papers_by_day ON papers (day);
CREATE INDEX source_records_by_source ON source_records (source_id, source);
CREATE INDEX source_records_by_paper ON source_records (paper_id);
CREATE INDEX identifiers_by_paper ON identifiers (paper_id);
CREATE INDEX title_grams_by_paper ON title_grams (paper_id);
CREATE INDEX merges_by_paper ON merges (paper_id);
CREATE INDEX events_by_reader ON events (reader_id, id) WHERE kind <> 'impression';
CREATE INDEX events_actions ON events (reader_id, paper_id) WHERE kind <> 'impression';
CREATE INDEX reader_papers_touched ON reader_papers (reader_id) WHERE saved_at IS NOT NULL OR rating <> 0 OR hidden <> 0 OR opened_at IS NOT NULL;
CREATE INDEX reader_papers_by_paper ON reader_papers (paper_id);
CREATE INDEX reader_days_by_paper ON reader_days (paper_id);
CREATE INDEX reader_tags_by_paper ON reader_tags (paper_id);
CREATE INDEX collection_papers_by_paper ON collection_papers (paper_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('papers',2);
INSERT INTO "sqlite_sequence" VALUES('changes',2);
INSERT INTO "sqlite_sequence" VALUES('readers',1);
INSERT INTO "sqlite_sequence" VALUES('events',2);
COMMIT;
