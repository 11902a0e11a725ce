"""Every query of `statements` as text, its parameters as `:name`. Made by scripts/statements.py."""

# fmt: off
# long: one entry a query


# accounts
ACCOUNT = (
    "SELECT accounts.id, accounts.reader_id, readers.name, accounts.email, accounts.role, "
    "accounts.full_name, accounts.joined_at, accounts.invited_by, accounts.show_votes, "
    "accounts.invitations_left, accounts.suspended_at, accounts.suspended_reason, accounts.password FROM "
    "accounts JOIN readers ON readers.id = accounts.reader_id WHERE accounts.id = :account_id"
)
ACCOUNT_NAMED = (
    "SELECT accounts.id, accounts.reader_id, readers.name, accounts.email, accounts.role, "
    "accounts.full_name, accounts.joined_at, accounts.invited_by, accounts.show_votes, "
    "accounts.invitations_left, accounts.suspended_at, accounts.suspended_reason, accounts.password FROM "
    "accounts JOIN readers ON readers.id = accounts.reader_id WHERE readers.name = :name"
)
ACCOUNT_OF_EMAIL = (
    "SELECT accounts.id, accounts.reader_id, readers.name, accounts.email, accounts.role, "
    "accounts.full_name, accounts.joined_at, accounts.invited_by, accounts.show_votes, "
    "accounts.invitations_left, accounts.suspended_at, accounts.suspended_reason, accounts.password FROM "
    "accounts JOIN readers ON readers.id = accounts.reader_id WHERE accounts.email = :email AND "
    "accounts.email != ''"
)
ACCOUNT_OF_READER = (
    "SELECT accounts.id, accounts.reader_id, readers.name, accounts.email, accounts.role, "
    "accounts.full_name, accounts.joined_at, accounts.invited_by, accounts.show_votes, "
    "accounts.invitations_left, accounts.suspended_at, accounts.suspended_reason, accounts.password FROM "
    "accounts JOIN readers ON readers.id = accounts.reader_id WHERE accounts.reader_id = :reader_id"
)
ACCOUNTS_AMONG = (
    "SELECT accounts.id, accounts.reader_id, readers.name, accounts.email, accounts.role, "
    "accounts.full_name, accounts.joined_at, accounts.invited_by, accounts.show_votes, "
    "accounts.invitations_left, accounts.suspended_at, accounts.suspended_reason, accounts.password FROM "
    "accounts JOIN readers ON readers.id = accounts.reader_id WHERE accounts.id IN (SELECT value FROM "
    "json_each(:ids)) ORDER BY accounts.id"
)
ACCOUNTS_LIKE = (
    "SELECT accounts.id, accounts.reader_id, readers.name, accounts.email, accounts.role, "
    "accounts.full_name, accounts.joined_at, accounts.invited_by, accounts.show_votes, "
    "accounts.invitations_left, accounts.suspended_at, accounts.suspended_reason, accounts.password FROM "
    "accounts JOIN readers ON readers.id = accounts.reader_id WHERE (readers.name LIKE :pattern ESCAPE "
    "'\\' OR accounts.email LIKE :pattern ESCAPE '\\' OR accounts.full_name LIKE :pattern ESCAPE '\\') AND "
    "accounts.id > :after ORDER BY accounts.id LIMIT :most OFFSET 0"
)
ACTIVE_WITH_ROLE = (
    "SELECT count(*) AS count_1 FROM accounts WHERE accounts.role = :role AND accounts.suspended_at IS "
    "NULL"
)
INVITED = (
    "SELECT accounts.id, readers.name, accounts.invited_by, accounts.joined_at, accounts.suspended_at "
    "FROM accounts JOIN readers ON readers.id = accounts.reader_id ORDER BY accounts.id"
)
SIGNED_IN = (
    "SELECT account_sessions.id, account_sessions.account_id, account_sessions.created_at, "
    "account_sessions.used_at, account_sessions.expires_at, account_sessions.agent, accounts.role, "
    "readers.name FROM account_sessions JOIN accounts ON accounts.id = account_sessions.account_id JOIN "
    "readers ON readers.id = accounts.reader_id WHERE account_sessions.token_hash = :hash AND "
    "account_sessions.expires_at > :now AND accounts.suspended_at IS NULL"
)
SESSIONS_OF_ACCOUNT = (
    "SELECT account_sessions.id, account_sessions.account_id, account_sessions.created_at, "
    "account_sessions.used_at, account_sessions.expires_at, account_sessions.agent FROM account_sessions "
    "WHERE account_sessions.account_id = :account_id AND account_sessions.expires_at > :now ORDER BY "
    "account_sessions.used_at DESC, account_sessions.id DESC"
)
INVITATION = (
    "SELECT invitations.id, invitations.account_id, invitations.note, invitations.created_at, "
    "invitations.expires_at, invitations.used_by, invitations.used_at FROM invitations WHERE "
    "invitations.code_hash = :hash"
)
INVITATIONS_OF_ACCOUNT = (
    "SELECT invitations.id, invitations.account_id, invitations.note, invitations.created_at, "
    "invitations.expires_at, invitations.used_by, invitations.used_at FROM invitations WHERE "
    "invitations.account_id = :account_id ORDER BY invitations.id DESC"
)
CODE = (
    "SELECT one_time_codes.purpose, one_time_codes.account_id, one_time_codes.email, "
    "one_time_codes.expires_at, one_time_codes.used_at FROM one_time_codes WHERE one_time_codes.code_hash"
    " = :hash"
)
ATTEMPTS = (
    "SELECT credential_attempts.at FROM credential_attempts WHERE credential_attempts.subject = :subject "
    "AND credential_attempts.at > :since ORDER BY credential_attempts.at DESC LIMIT :most OFFSET 0"
)
AUDIT = (
    "SELECT audit_log.id, audit_log.at, audit_log.actor, audit_log.act, audit_log.target, "
    "audit_log.detail FROM audit_log WHERE audit_log.id < :before ORDER BY audit_log.id DESC LIMIT :most "
    "OFFSET 0"
)

# alerts
ALERTS_OF_READER = (
    "SELECT alerts.id, alerts.reader_id, alerts.kind, alerts.target, alerts.name, alerts.near, "
    "alerts.mail, alerts.hook_url, alerts.hook_shape, alerts.created_at, alerts.paused_at, "
    "alerts.first_paper, alerts.after_seq, alerts.trouble, readers.name AS reader, (SELECT count(*) AS "
    "count_1 FROM alert_papers WHERE alert_papers.alert_id = alerts.id) AS found, (SELECT count(*) AS "
    "count_2 FROM alert_papers WHERE alert_papers.alert_id = alerts.id AND alert_papers.id > "
    "alerts.seen_hit) AS unseen FROM alerts JOIN readers ON readers.id = alerts.reader_id WHERE "
    "alerts.reader_id = :reader_id ORDER BY alerts.name"
)
ALERT = (
    "SELECT alerts.id, alerts.reader_id, alerts.kind, alerts.target, alerts.name, alerts.near, "
    "alerts.mail, alerts.hook_url, alerts.hook_shape, alerts.created_at, alerts.paused_at, "
    "alerts.first_paper, alerts.after_seq, alerts.trouble, readers.name AS reader, (SELECT count(*) AS "
    "count_1 FROM alert_papers WHERE alert_papers.alert_id = alerts.id) AS found, (SELECT count(*) AS "
    "count_2 FROM alert_papers WHERE alert_papers.alert_id = alerts.id AND alert_papers.id > "
    "alerts.seen_hit) AS unseen FROM alerts JOIN readers ON readers.id = alerts.reader_id WHERE alerts.id"
    " = :alert_id"
)
ALERTS_DUE = (
    "SELECT alerts.id, alerts.reader_id, alerts.kind, alerts.target, alerts.name, alerts.near, "
    "alerts.mail, alerts.hook_url, alerts.hook_shape, alerts.created_at, alerts.paused_at, "
    "alerts.first_paper, alerts.after_seq, alerts.trouble, readers.name AS reader, (SELECT count(*) AS "
    "count_1 FROM alert_papers WHERE alert_papers.alert_id = alerts.id) AS found, (SELECT count(*) AS "
    "count_2 FROM alert_papers WHERE alert_papers.alert_id = alerts.id AND alert_papers.id > "
    "alerts.seen_hit) AS unseen FROM alerts JOIN readers ON readers.id = alerts.reader_id WHERE "
    "alerts.after_seq < :seq AND alerts.paused_at IS NULL ORDER BY alerts.id LIMIT :most OFFSET 0"
)
UNSEEN_OF_READER = (
    "SELECT count(*) AS count_1 FROM alert_papers JOIN alerts ON alerts.id = alert_papers.alert_id AND "
    "alert_papers.id > alerts.seen_hit WHERE alerts.reader_id = :reader_id"
)
ANY_HOOK = "SELECT alerts.id FROM alerts WHERE alerts.hook_url != '' LIMIT 1 OFFSET 0"
CHANGED_BETWEEN = (
    "SELECT DISTINCT changes.paper_id FROM changes WHERE changes.seq > :after AND changes.seq <= :upto "
    "AND changes.kind != 'delete'"
)
OLD_NUMBERS = (
    "SELECT redirects.paper_id, min(redirects.old_id) AS min_1 FROM redirects WHERE redirects.paper_id IN"
    " (SELECT value FROM json_each(:ids)) GROUP BY redirects.paper_id"
)
CITING = (
    "SELECT papers.id FROM papers WHERE papers.id > :after AND papers.id <= :upto AND "
    "(instr(papers.content, '\"referenced_works\"') != 0 OR instr(papers.content, '\"references\"') != 0 OR "
    "instr(papers.content, '\"reference\"') != 0)"
)
LATEST_SAVED = (
    "SELECT reader_papers.paper_id FROM reader_papers WHERE reader_papers.reader_id = :reader_id AND "
    "reader_papers.saved_at IS NOT NULL ORDER BY reader_papers.saved_at DESC, reader_papers.paper_id DESC"
    " LIMIT :most OFFSET 0"
)
HITS_OF_ALERT = (
    "SELECT alert_papers.id, alert_papers.alert_id, alert_papers.paper_id, alert_papers.found_at, "
    "alert_papers.near, alert_papers.cited_paper, alert_papers.id > alerts.seen_hit AS is_new FROM "
    "alert_papers JOIN alerts ON alerts.id = alert_papers.alert_id WHERE alert_papers.alert_id = "
    ":alert_id ORDER BY alert_papers.id DESC LIMIT :most OFFSET :skip"
)
HITS_OF_READER = (
    "SELECT alert_papers.id, alert_papers.alert_id, alert_papers.paper_id, alert_papers.found_at, "
    "alert_papers.near, alert_papers.cited_paper, alert_papers.id > alerts.seen_hit AS is_new FROM "
    "alert_papers JOIN alerts ON alerts.id = alert_papers.alert_id WHERE alert_papers.reader_id = "
    ":reader_id ORDER BY alert_papers.id DESC LIMIT :most OFFSET :skip"
)
KNOWN_HITS = (
    "SELECT alert_papers.paper_id FROM json_each(:ids) AS listed CROSS JOIN alert_papers ON "
    "alert_papers.alert_id = :alert_id AND alert_papers.paper_id = listed.value"
)
UNMAILED = (
    "SELECT alerts.id, alerts.name, count(*) AS count_1, max(alert_papers.id) AS max_1, "
    "min(alert_papers.found_at) AS min_1 FROM alerts JOIN alert_papers ON alert_papers.alert_id = "
    "alerts.id AND alert_papers.delivery_id = 0 WHERE alerts.reader_id = :reader_id AND alerts.mail = "
    ":mail GROUP BY alerts.id ORDER BY alerts.name"
)
BEST_UNMAILED = (
    "SELECT alert_papers.paper_id, alert_papers.near, alert_papers.cited_paper FROM alert_papers WHERE "
    "alert_papers.alert_id = :alert_id AND alert_papers.delivery_id = 0 AND (EXISTS (SELECT papers.id "
    "FROM papers WHERE papers.id = alert_papers.paper_id)) ORDER BY coalesce(alert_papers.near, 0) DESC, "
    "alert_papers.id DESC LIMIT :most OFFSET 0"
)
HITS_OF_DELIVERY = (
    "SELECT alert_papers.alert_id, alert_papers.paper_id FROM json_each(:ids) AS listed CROSS JOIN "
    "alert_papers ON alert_papers.paper_id = listed.value AND alert_papers.delivery_id = :delivery"
)
READERS_TO_TELL = (
    "SELECT 'reader' AS anon_1, readers.id, readers.name, coalesce(CASE WHEN (accounts.id IS NULL) THEN "
    "mail_preferences.address ELSE accounts.email END, '') AS coalesce_1, coalesce(mail_preferences.hour,"
    " -1) AS coalesce_2, coalesce(mail_preferences.time_zone, '') AS coalesce_3 FROM readers LEFT OUTER "
    "JOIN mail_preferences ON mail_preferences.reader_id = readers.id LEFT OUTER JOIN accounts ON "
    "accounts.reader_id = readers.id WHERE (EXISTS (SELECT alert_papers.id FROM alert_papers JOIN alerts "
    "ON alerts.id = alert_papers.alert_id WHERE alerts.reader_id = readers.id AND alerts.mail = :mail AND"
    " alert_papers.delivery_id = 0)) AND coalesce(CASE WHEN (accounts.id IS NULL) THEN "
    "mail_preferences.address ELSE accounts.email END, '') != '' AND (accounts.id IS NULL OR "
    "accounts.confirmed_at IS NOT NULL AND accounts.suspended_at IS NULL) ORDER BY readers.id"
)
READER_TO_TELL = (
    "SELECT 'reader' AS anon_1, readers.id, readers.name, coalesce(CASE WHEN (accounts.id IS NULL) THEN "
    "mail_preferences.address ELSE accounts.email END, '') AS coalesce_1, coalesce(mail_preferences.hour,"
    " -1) AS coalesce_2, coalesce(mail_preferences.time_zone, '') AS coalesce_3 FROM readers LEFT OUTER "
    "JOIN mail_preferences ON mail_preferences.reader_id = readers.id LEFT OUTER JOIN accounts ON "
    "accounts.reader_id = readers.id WHERE readers.id = :reader_id AND coalesce(CASE WHEN (accounts.id IS"
    " NULL) THEN mail_preferences.address ELSE accounts.email END, '') != '' AND (accounts.id IS NULL OR "
    "accounts.confirmed_at IS NOT NULL AND accounts.suspended_at IS NULL)"
)
UNPOSTED = (
    "SELECT alerts.id, count(*) AS count_1, max(alert_papers.id) AS max_1 FROM alerts JOIN alert_papers "
    "ON alert_papers.alert_id = alerts.id AND alert_papers.post_id = 0 WHERE alerts.hook_url != '' GROUP "
    "BY alerts.id ORDER BY alerts.id"
)
BEST_UNPOSTED = (
    "SELECT alert_papers.paper_id FROM alert_papers WHERE alert_papers.alert_id = :alert_id AND "
    "alert_papers.post_id = 0 AND (EXISTS (SELECT papers.id FROM papers WHERE papers.id = "
    "alert_papers.paper_id)) ORDER BY coalesce(alert_papers.near, 0) DESC, alert_papers.id DESC LIMIT "
    ":most OFFSET 0"
)

# check
UNLOGGED_PAPERS = (
    "SELECT papers.id FROM papers EXCEPT SELECT changes.paper_id FROM changes WHERE changes.kind = 'add' "
    "LIMIT :most OFFSET 0"
)
DELETED_PAPERS = (
    "SELECT papers.id FROM papers JOIN changes ON changes.paper_id = papers.id AND changes.kind = "
    "'delete' LIMIT :most OFFSET 0"
)
LOST_PAPERS = (
    "SELECT changes.paper_id FROM changes WHERE changes.kind = 'add' EXCEPT SELECT papers.id FROM papers "
    "EXCEPT SELECT changes.paper_id FROM changes WHERE changes.kind = 'delete' LIMIT :most OFFSET 0"
)
REDIRECTED_PAPERS = (
    "SELECT redirects.old_id FROM redirects JOIN papers ON papers.id = redirects.old_id LIMIT :most "
    "OFFSET 0"
)
BROKEN_REDIRECTS = (
    "SELECT redirects.old_id FROM redirects WHERE (redirects.paper_id NOT IN (SELECT papers.id FROM "
    "papers)) AND (redirects.paper_id NOT IN (SELECT others.old_id FROM redirects AS others)) AND "
    "(redirects.paper_id NOT IN (SELECT changes.paper_id FROM changes WHERE changes.kind = 'delete')) "
    "LIMIT :most OFFSET 0"
)
REDIRECTED_EVENTS = (
    "SELECT DISTINCT events.paper_id FROM events JOIN redirects ON redirects.old_id = events.paper_id "
    "LIMIT :most OFFSET 0"
)
PAPERS_WITHOUT_SOURCE = (
    "SELECT papers.id FROM papers EXCEPT SELECT source_records.paper_id FROM source_records LIMIT :most "
    "OFFSET 0"
)
UNREADABLE_PAPERS = "SELECT papers.id FROM papers WHERE NOT json_valid(papers.content) LIMIT :most OFFSET 0"
PAPERS_WITH_OTHER_AUTHORS = (
    "SELECT papers.id FROM papers WHERE json_valid(papers.content) AND "
    "coalesce(json_array_length(papers.content, '$.authors'), 0) != (SELECT count(*) AS count_1 FROM "
    "authorships WHERE authorships.paper_id = papers.id) LIMIT :most OFFSET 0"
)
WORDLESS_SOURCES = (
    "SELECT DISTINCT source_records.paper_id FROM source_records WHERE source_records.content IS NULL AND"
    " (EXISTS (SELECT * FROM source_records AS others WHERE others.paper_id = source_records.paper_id AND"
    " others.id != source_records.id)) LIMIT :most OFFSET 0"
)
MISCOUNTED_DAYS = (
    "SELECT shown.paper_id FROM (SELECT events.reader_id AS reader_id, events.paper_id AS paper_id, "
    "count(DISTINCT substr(events.at, 1, 10)) AS days FROM events WHERE events.kind = 'impression' AND "
    "events.paper_id IN (SELECT papers.id FROM papers) GROUP BY events.reader_id, events.paper_id) AS "
    "shown LEFT OUTER JOIN reader_papers ON reader_papers.reader_id = shown.reader_id AND "
    "reader_papers.paper_id = shown.paper_id WHERE coalesce(reader_papers.days_seen, 0) != shown.days "
    "LIMIT :most OFFSET 0"
)
OTHER_LAST_EVENTS = (
    "SELECT readers.id FROM readers WHERE readers.last_event != (SELECT coalesce(max(events.id), 0) AS "
    "coalesce_1 FROM events WHERE events.reader_id = readers.id AND events.kind != 'impression') LIMIT "
    ":most OFFSET 0"
)
PAPERS_OF_SEVERAL_SOURCES = (
    "SELECT papers.id, papers.title, papers.abstract, papers.summary, papers.authors, papers.venue, "
    "papers.keywords, papers.year, papers.day, papers.added_at, papers.content FROM papers WHERE "
    "papers.id IN (SELECT source_records.paper_id FROM source_records GROUP BY source_records.paper_id "
    "HAVING count(*) > 1)"
)
KEPT_STATES = (
    "SELECT reader_papers.reader_id, reader_papers.paper_id, reader_papers.saved_at, "
    "reader_papers.rating, reader_papers.hidden, reader_papers.opened_at FROM reader_papers"
)
KEPT_TAGS = "SELECT reader_tags.reader_id, reader_tags.paper_id, reader_tags.tag FROM reader_tags"
ACTIONS = (
    "SELECT events.reader_id, events.paper_id, events.id, events.kind, events.at, events.value, "
    "events.undoes FROM events WHERE events.kind != 'impression' AND events.paper_id IN (SELECT papers.id"
    " FROM papers) ORDER BY events.reader_id, events.paper_id, events.id"
)

# claims
CLAIM = (
    "SELECT author_claims.id, author_claims.account_id, author_claims.name_key, author_claims.name, "
    "author_claims.state, author_claims.evidence, author_claims.is_shown, author_claims.at, "
    "author_claims.decided_at, author_claims.decided_by, author_claims.reason, readers.name AS member "
    "FROM author_claims JOIN accounts ON accounts.id = author_claims.account_id JOIN readers ON "
    "readers.id = accounts.reader_id WHERE author_claims.id = :id"
)
CLAIMS_OF_ACCOUNT = (
    "SELECT author_claims.id, author_claims.account_id, author_claims.name_key, author_claims.name, "
    "author_claims.state, author_claims.evidence, author_claims.is_shown, author_claims.at, "
    "author_claims.decided_at, author_claims.decided_by, author_claims.reason, readers.name AS member "
    "FROM author_claims JOIN accounts ON accounts.id = author_claims.account_id JOIN readers ON "
    "readers.id = accounts.reader_id WHERE author_claims.account_id = :id ORDER BY author_claims.id"
)
CLAIMS_OF_NAME = (
    "SELECT author_claims.id, author_claims.account_id, author_claims.name_key, author_claims.name, "
    "author_claims.state, author_claims.evidence, author_claims.is_shown, author_claims.at, "
    "author_claims.decided_at, author_claims.decided_by, author_claims.reason, readers.name AS member "
    "FROM author_claims JOIN accounts ON accounts.id = author_claims.account_id JOIN readers ON "
    "readers.id = accounts.reader_id WHERE author_claims.name_key = :key ORDER BY author_claims.id"
)
CLAIMS_IN_STATE = (
    "SELECT author_claims.id, author_claims.account_id, author_claims.name_key, author_claims.name, "
    "author_claims.state, author_claims.evidence, author_claims.is_shown, author_claims.at, "
    "author_claims.decided_at, author_claims.decided_by, author_claims.reason, readers.name AS member "
    "FROM author_claims JOIN accounts ON accounts.id = author_claims.account_id JOIN readers ON "
    "readers.id = accounts.reader_id WHERE author_claims.state = :state ORDER BY author_claims.id LIMIT "
    ":most OFFSET 0"
)
SUBJECTS_OF_ACCOUNT = (
    "SELECT account_identities.subject FROM account_identities WHERE account_identities.account_id = :id "
    "AND account_identities.issuer = :issuer"
)
MEMBERS_AMONG_AUTHORS = (
    "SELECT authorships.paper_id, authorships.position, readers.name, accounts.full_name, "
    "author_claims.decided_at, EXISTS (SELECT * FROM comments WHERE comments.paper_id = "
    "authorships.paper_id AND comments.account_id = accounts.id AND comments.group_id IS NULL AND "
    "comments.deleted_at IS NULL AND comments.hidden_at IS NULL) AS has_commented FROM json_each(:ids) AS"
    " listed CROSS JOIN authorships ON authorships.paper_id = listed.value CROSS JOIN people ON people.id"
    " = authorships.person_id CROSS JOIN author_claims ON author_claims.name_key = people.\"key\" CROSS "
    "JOIN accounts ON accounts.id = author_claims.account_id CROSS JOIN readers ON readers.id = "
    "accounts.reader_id WHERE author_claims.state = 'confirmed' AND author_claims.is_shown = 1 ORDER BY "
    "author_claims.id DESC"
)

# collections
READING_LISTS = (
    "SELECT collections.id, collections.reader_id, readers.name, collections.name AS name_1, "
    "collections.created_at, collections.sections, collections.link_key FROM collections JOIN readers ON "
    "readers.id = collections.reader_id WHERE collections.id IN (SELECT value FROM json_each(:ids)) ORDER"
    " BY collections.name, collections.id"
)
READING_LIST_OF_KEY = (
    "SELECT collections.id, collections.reader_id, readers.name, collections.name AS name_1, "
    "collections.created_at, collections.sections, collections.link_key FROM collections JOIN readers ON "
    "readers.id = collections.reader_id WHERE collections.link_key = :link_key"
)
LIST_RIGHTS = (
    "SELECT collections.id, 2 AS anon_1 FROM collections WHERE collections.reader_id = :reader_id UNION "
    "ALL SELECT collection_members.collection_id, collection_members.may_edit FROM collection_members "
    "WHERE collection_members.reader_id = :reader_id UNION ALL SELECT collection_groups.collection_id, "
    "collection_groups.may_edit FROM collection_groups JOIN reading_groups ON reading_groups.id = "
    "collection_groups.group_id JOIN group_members ON group_members.group_id = collection_groups.group_id"
    " JOIN accounts ON accounts.id = group_members.account_id WHERE accounts.reader_id = :reader_id AND "
    "reading_groups.deleted_at IS NULL"
)
LISTS_OF_GROUP = (
    "SELECT collection_groups.collection_id, collection_groups.may_edit FROM collection_groups WHERE "
    "collection_groups.group_id = :group_id ORDER BY collection_groups.at"
)
LIST_MEMBERS = (
    "SELECT readers.name, collection_members.may_edit FROM collection_members JOIN readers ON readers.id "
    "= collection_members.reader_id WHERE collection_members.collection_id = :collection_id ORDER BY "
    "readers.name"
)
LIST_GROUPS = (
    "SELECT reading_groups.id, reading_groups.name, collection_groups.may_edit FROM collection_groups "
    "JOIN reading_groups ON reading_groups.id = collection_groups.group_id WHERE "
    "collection_groups.collection_id = :collection_id AND reading_groups.deleted_at IS NULL ORDER BY "
    "reading_groups.name"
)
LIST_SHARES = (
    "SELECT collection_members.reader_id, collection_members.may_edit, collection_members.at FROM "
    "collection_members WHERE collection_members.collection_id = :collection_id"
)
LIST_GROUP_SHARES = (
    "SELECT collection_groups.group_id, collection_groups.may_edit, collection_groups.at FROM "
    "collection_groups WHERE collection_groups.collection_id = :collection_id"
)
LIST_ENTRIES = (
    "SELECT collection_papers.paper_id, collection_papers.added_at, collection_papers.section, "
    "collection_papers.remark FROM collection_papers WHERE collection_papers.collection_id = "
    ":collection_id ORDER BY collection_papers.position, collection_papers.added_at, "
    "collection_papers.paper_id"
)
LIST_SIZES = (
    "SELECT collection_papers.collection_id, count(*) AS count_1 FROM collection_papers WHERE "
    "collection_papers.collection_id IN (SELECT value FROM json_each(:ids)) GROUP BY "
    "collection_papers.collection_id"
)
LISTS_HOLDING = (
    "SELECT collection_papers.collection_id, collection_papers.paper_id FROM collection_papers WHERE "
    "collection_papers.collection_id IN (SELECT value FROM json_each(:ids))"
)
HIGHLIGHTS = (
    "SELECT highlights.id, highlights.paper_id, highlights.at, highlights.field, highlights.quote, "
    "highlights.text_before, highlights.text_after FROM json_each(:ids) AS listed CROSS JOIN highlights "
    "ON highlights.paper_id = listed.value WHERE highlights.reader_id = :reader_id ORDER BY highlights.id"
)
PAPERS_HIGHLIGHTED = "SELECT DISTINCT highlights.paper_id FROM highlights WHERE highlights.reader_id = :reader_id"

# community_rows
PAPERS_WITH_ROWS = (
    "SELECT votes.paper_id FROM json_each(:ids) AS listed CROSS JOIN votes ON votes.paper_id = "
    "listed.value UNION SELECT vote_decisions.paper_id FROM json_each(:ids) AS listed CROSS JOIN "
    "vote_decisions ON vote_decisions.paper_id = listed.value UNION SELECT submissions.paper_id FROM "
    "json_each(:ids) AS listed CROSS JOIN submissions ON submissions.paper_id = listed.value UNION SELECT"
    " comments.paper_id FROM json_each(:ids) AS listed CROSS JOIN comments ON comments.paper_id = "
    "listed.value UNION SELECT edition_papers.paper_id FROM json_each(:ids) AS listed CROSS JOIN "
    "edition_papers ON edition_papers.paper_id = listed.value UNION SELECT paper_links.paper_id FROM "
    "json_each(:ids) AS listed CROSS JOIN paper_links ON paper_links.paper_id = listed.value UNION SELECT"
    " paper_tags.paper_id FROM json_each(:ids) AS listed CROSS JOIN paper_tags ON paper_tags.paper_id = "
    "listed.value UNION SELECT paper_counts.paper_id FROM json_each(:ids) AS listed CROSS JOIN "
    "paper_counts ON paper_counts.paper_id = listed.value UNION SELECT exposures.paper_id FROM "
    "json_each(:ids) AS listed CROSS JOIN exposures ON exposures.paper_id = listed.value UNION SELECT "
    "listings.paper_id FROM json_each(:ids) AS listed CROSS JOIN listings ON listings.paper_id = "
    "listed.value UNION SELECT delivery_papers.paper_id FROM json_each(:ids) AS listed CROSS JOIN "
    "delivery_papers ON delivery_papers.paper_id = listed.value UNION SELECT stream_papers.paper_id FROM "
    "json_each(:ids) AS listed CROSS JOIN stream_papers ON stream_papers.paper_id = listed.value UNION "
    "SELECT read_marks.paper_id FROM json_each(:ids) AS listed CROSS JOIN read_marks ON "
    "read_marks.paper_id = listed.value UNION SELECT highlights.paper_id FROM json_each(:ids) AS listed "
    "CROSS JOIN highlights ON highlights.paper_id = listed.value UNION SELECT group_nominations.paper_id "
    "FROM json_each(:ids) AS listed CROSS JOIN group_nominations ON group_nominations.paper_id = "
    "listed.value UNION SELECT group_votes.paper_id FROM json_each(:ids) AS listed CROSS JOIN group_votes"
    " ON group_votes.paper_id = listed.value UNION SELECT alert_papers.paper_id FROM json_each(:ids) AS "
    "listed CROSS JOIN alert_papers ON alert_papers.paper_id = listed.value UNION SELECT "
    "change_marks.paper_id FROM json_each(:ids) AS listed CROSS JOIN change_marks ON "
    "change_marks.paper_id = listed.value UNION SELECT interest_papers.paper_id FROM json_each(:ids) AS "
    "listed CROSS JOIN interest_papers ON interest_papers.paper_id = listed.value UNION SELECT "
    "connection_items.paper_id FROM json_each(:ids) AS listed CROSS JOIN connection_items ON "
    "connection_items.paper_id = listed.value"
)
LOST_ROWS = (
    "SELECT 'votes' AS name, votes.paper_id FROM votes WHERE (votes.paper_id NOT IN (SELECT papers.id "
    "FROM papers)) AND (votes.paper_id NOT IN (SELECT changes.paper_id FROM changes WHERE changes.kind = "
    "'delete')) UNION ALL SELECT 'vote_decisions' AS name, vote_decisions.paper_id FROM vote_decisions "
    "WHERE (vote_decisions.paper_id NOT IN (SELECT papers.id FROM papers)) AND (vote_decisions.paper_id "
    "NOT IN (SELECT changes.paper_id FROM changes WHERE changes.kind = 'delete')) UNION ALL SELECT "
    "'submissions' AS name, submissions.paper_id FROM submissions WHERE (submissions.paper_id NOT IN "
    "(SELECT papers.id FROM papers)) AND (submissions.paper_id NOT IN (SELECT changes.paper_id FROM "
    "changes WHERE changes.kind = 'delete')) UNION ALL SELECT 'comments' AS name, comments.paper_id FROM "
    "comments WHERE (comments.paper_id NOT IN (SELECT papers.id FROM papers)) AND (comments.paper_id NOT "
    "IN (SELECT changes.paper_id FROM changes WHERE changes.kind = 'delete')) UNION ALL SELECT "
    "'edition_papers' AS name, edition_papers.paper_id FROM edition_papers WHERE (edition_papers.paper_id"
    " NOT IN (SELECT papers.id FROM papers)) AND (edition_papers.paper_id NOT IN (SELECT changes.paper_id"
    " FROM changes WHERE changes.kind = 'delete')) UNION ALL SELECT 'paper_links' AS name, "
    "paper_links.paper_id FROM paper_links WHERE (paper_links.paper_id NOT IN (SELECT papers.id FROM "
    "papers)) AND (paper_links.paper_id NOT IN (SELECT changes.paper_id FROM changes WHERE changes.kind ="
    " 'delete')) UNION ALL SELECT 'paper_tags' AS name, paper_tags.paper_id FROM paper_tags WHERE "
    "(paper_tags.paper_id NOT IN (SELECT papers.id FROM papers)) AND (paper_tags.paper_id NOT IN (SELECT "
    "changes.paper_id FROM changes WHERE changes.kind = 'delete')) UNION ALL SELECT 'paper_counts' AS "
    "name, paper_counts.paper_id FROM paper_counts WHERE (paper_counts.paper_id NOT IN (SELECT papers.id "
    "FROM papers)) AND (paper_counts.paper_id NOT IN (SELECT changes.paper_id FROM changes WHERE "
    "changes.kind = 'delete')) UNION ALL SELECT 'exposures' AS name, exposures.paper_id FROM exposures "
    "WHERE (exposures.paper_id NOT IN (SELECT papers.id FROM papers)) AND (exposures.paper_id NOT IN "
    "(SELECT changes.paper_id FROM changes WHERE changes.kind = 'delete')) UNION ALL SELECT 'listings' AS"
    " name, listings.paper_id FROM listings WHERE (listings.paper_id NOT IN (SELECT papers.id FROM "
    "papers)) AND (listings.paper_id NOT IN (SELECT changes.paper_id FROM changes WHERE changes.kind = "
    "'delete')) UNION ALL SELECT 'delivery_papers' AS name, delivery_papers.paper_id FROM delivery_papers"
    " WHERE (delivery_papers.paper_id NOT IN (SELECT papers.id FROM papers)) AND "
    "(delivery_papers.paper_id NOT IN (SELECT changes.paper_id FROM changes WHERE changes.kind = "
    "'delete')) UNION ALL SELECT 'stream_papers' AS name, stream_papers.paper_id FROM stream_papers WHERE"
    " (stream_papers.paper_id NOT IN (SELECT papers.id FROM papers)) AND (stream_papers.paper_id NOT IN "
    "(SELECT changes.paper_id FROM changes WHERE changes.kind = 'delete')) UNION ALL SELECT 'read_marks' "
    "AS name, read_marks.paper_id FROM read_marks WHERE (read_marks.paper_id NOT IN (SELECT papers.id "
    "FROM papers)) AND (read_marks.paper_id NOT IN (SELECT changes.paper_id FROM changes WHERE "
    "changes.kind = 'delete')) UNION ALL SELECT 'highlights' AS name, highlights.paper_id FROM highlights"
    " WHERE (highlights.paper_id NOT IN (SELECT papers.id FROM papers)) AND (highlights.paper_id NOT IN "
    "(SELECT changes.paper_id FROM changes WHERE changes.kind = 'delete')) UNION ALL SELECT "
    "'group_nominations' AS name, group_nominations.paper_id FROM group_nominations WHERE "
    "(group_nominations.paper_id NOT IN (SELECT papers.id FROM papers)) AND (group_nominations.paper_id "
    "NOT IN (SELECT changes.paper_id FROM changes WHERE changes.kind = 'delete')) UNION ALL SELECT "
    "'group_votes' AS name, group_votes.paper_id FROM group_votes WHERE (group_votes.paper_id NOT IN "
    "(SELECT papers.id FROM papers)) AND (group_votes.paper_id NOT IN (SELECT changes.paper_id FROM "
    "changes WHERE changes.kind = 'delete')) UNION ALL SELECT 'alert_papers' AS name, "
    "alert_papers.paper_id FROM alert_papers WHERE (alert_papers.paper_id NOT IN (SELECT papers.id FROM "
    "papers)) AND (alert_papers.paper_id NOT IN (SELECT changes.paper_id FROM changes WHERE changes.kind "
    "= 'delete')) UNION ALL SELECT 'change_marks' AS name, change_marks.paper_id FROM change_marks WHERE "
    "(change_marks.paper_id NOT IN (SELECT papers.id FROM papers)) AND (change_marks.paper_id NOT IN "
    "(SELECT changes.paper_id FROM changes WHERE changes.kind = 'delete')) UNION ALL SELECT "
    "'interest_papers' AS name, interest_papers.paper_id FROM interest_papers WHERE "
    "(interest_papers.paper_id NOT IN (SELECT papers.id FROM papers)) AND (interest_papers.paper_id NOT "
    "IN (SELECT changes.paper_id FROM changes WHERE changes.kind = 'delete')) UNION ALL SELECT "
    "'connection_items' AS name, connection_items.paper_id FROM connection_items WHERE "
    "(connection_items.paper_id NOT IN (SELECT papers.id FROM papers)) AND (connection_items.paper_id NOT"
    " IN (SELECT changes.paper_id FROM changes WHERE changes.kind = 'delete')) LIMIT :most OFFSET 0"
)
REDIRECTED_ROWS = (
    "SELECT 'votes' AS name, votes.paper_id FROM votes WHERE votes.paper_id IN (SELECT redirects.old_id "
    "FROM redirects) UNION ALL SELECT 'vote_decisions' AS name, vote_decisions.paper_id FROM "
    "vote_decisions WHERE vote_decisions.paper_id IN (SELECT redirects.old_id FROM redirects) UNION ALL "
    "SELECT 'submissions' AS name, submissions.paper_id FROM submissions WHERE submissions.paper_id IN "
    "(SELECT redirects.old_id FROM redirects) UNION ALL SELECT 'comments' AS name, comments.paper_id FROM"
    " comments WHERE comments.paper_id IN (SELECT redirects.old_id FROM redirects) UNION ALL SELECT "
    "'edition_papers' AS name, edition_papers.paper_id FROM edition_papers WHERE edition_papers.paper_id "
    "IN (SELECT redirects.old_id FROM redirects) AND edition_papers.printed IS NULL UNION ALL SELECT "
    "'paper_links' AS name, paper_links.paper_id FROM paper_links WHERE paper_links.paper_id IN (SELECT "
    "redirects.old_id FROM redirects) UNION ALL SELECT 'paper_tags' AS name, paper_tags.paper_id FROM "
    "paper_tags WHERE paper_tags.paper_id IN (SELECT redirects.old_id FROM redirects) UNION ALL SELECT "
    "'paper_counts' AS name, paper_counts.paper_id FROM paper_counts WHERE paper_counts.paper_id IN "
    "(SELECT redirects.old_id FROM redirects) UNION ALL SELECT 'exposures' AS name, exposures.paper_id "
    "FROM exposures WHERE exposures.paper_id IN (SELECT redirects.old_id FROM redirects) UNION ALL SELECT"
    " 'listings' AS name, listings.paper_id FROM listings WHERE listings.paper_id IN (SELECT "
    "redirects.old_id FROM redirects) UNION ALL SELECT 'delivery_papers' AS name, "
    "delivery_papers.paper_id FROM delivery_papers WHERE delivery_papers.paper_id IN (SELECT "
    "redirects.old_id FROM redirects) UNION ALL SELECT 'stream_papers' AS name, stream_papers.paper_id "
    "FROM stream_papers WHERE stream_papers.paper_id IN (SELECT redirects.old_id FROM redirects) UNION "
    "ALL SELECT 'read_marks' AS name, read_marks.paper_id FROM read_marks WHERE read_marks.paper_id IN "
    "(SELECT redirects.old_id FROM redirects) UNION ALL SELECT 'highlights' AS name, highlights.paper_id "
    "FROM highlights WHERE highlights.paper_id IN (SELECT redirects.old_id FROM redirects) UNION ALL "
    "SELECT 'group_nominations' AS name, group_nominations.paper_id FROM group_nominations WHERE "
    "group_nominations.paper_id IN (SELECT redirects.old_id FROM redirects) UNION ALL SELECT "
    "'group_votes' AS name, group_votes.paper_id FROM group_votes WHERE group_votes.paper_id IN (SELECT "
    "redirects.old_id FROM redirects) UNION ALL SELECT 'alert_papers' AS name, alert_papers.paper_id FROM"
    " alert_papers WHERE alert_papers.paper_id IN (SELECT redirects.old_id FROM redirects) UNION ALL "
    "SELECT 'change_marks' AS name, change_marks.paper_id FROM change_marks WHERE change_marks.paper_id "
    "IN (SELECT redirects.old_id FROM redirects) UNION ALL SELECT 'interest_papers' AS name, "
    "interest_papers.paper_id FROM interest_papers WHERE interest_papers.paper_id IN (SELECT "
    "redirects.old_id FROM redirects) UNION ALL SELECT 'connection_items' AS name, "
    "connection_items.paper_id FROM connection_items WHERE connection_items.paper_id IN (SELECT "
    "redirects.old_id FROM redirects) LIMIT :most OFFSET 0"
)
DOUBLE_VOTES = (
    "SELECT votes.reader_id, votes.paper_id FROM votes GROUP BY votes.reader_id, votes.paper_id HAVING "
    "count(*) > 1 LIMIT :most OFFSET 0"
)
LOST_PICTURES = (
    "SELECT submissions.id, submissions.picture_id FROM submissions WHERE submissions.picture_id IS NOT "
    "NULL AND (submissions.picture_id NOT IN (SELECT pictures.id FROM pictures)) LIMIT :most OFFSET 0"
)
PAPERS_WITH_VOTES = "SELECT DISTINCT votes.paper_id FROM votes"

# connections
ALL_CONNECTIONS = (
    "SELECT connections.id, connections.reader_id, connections.kind, connections.library, "
    "connections.write_to, connections.created_at, connections.state, connections.synced_at, "
    "connections.error, readers.name FROM connections JOIN readers ON readers.id = connections.reader_id "
    "ORDER BY connections.id"
)
CONNECTIONS_OF_READER = (
    "SELECT connections.id, connections.reader_id, connections.kind, connections.library, "
    "connections.write_to, connections.created_at, connections.state, connections.synced_at, "
    "connections.error, readers.name FROM connections JOIN readers ON readers.id = connections.reader_id "
    "WHERE connections.reader_id = :reader_id ORDER BY connections.id"
)
CONNECTION_ITEMS = (
    "SELECT connection_items.item_key, connection_items.paper_id, connection_items.version, "
    "connection_items.parent, connection_items.marks, connection_items.content FROM connection_items "
    "WHERE connection_items.connection_id = :connection_id AND connection_items.item_key IN (SELECT value"
    " FROM json_each(:keys))"
)
CONNECTION_ITEMS_OF_PAPERS = (
    "SELECT connection_items.item_key, connection_items.paper_id, connection_items.version, "
    "connection_items.parent, connection_items.marks, connection_items.content FROM connection_items "
    "WHERE connection_items.connection_id = :connection_id AND connection_items.paper_id IN (SELECT value"
    " FROM json_each(:ids))"
)
CONNECTION_ITEMS_WITH_MARKS = (
    "SELECT connection_items.item_key, connection_items.paper_id, connection_items.version, "
    "connection_items.parent, connection_items.marks, connection_items.content FROM connection_items "
    "WHERE connection_items.connection_id = :connection_id AND connection_items.marks != '[]'"
)
CONNECTION_NOTES = (
    "SELECT connection_items.item_key, connection_items.paper_id, connection_items.version, "
    "connection_items.parent, connection_items.marks, connection_items.content FROM connection_items "
    "WHERE connection_items.connection_id = :connection_id AND connection_items.parent IN (SELECT value "
    "FROM json_each(:keys))"
)
CONNECTION_VERSIONS = (
    "SELECT connection_items.item_key, connection_items.version FROM connection_items WHERE "
    "connection_items.connection_id = :connection_id"
)
CONNECTION_COUNTS = (
    "SELECT count(DISTINCT connection_items.paper_id) AS count_1, count(*) FILTER (WHERE "
    "connection_items.parent != '' AND connection_items.version >= 0) AS anon_1 FROM connection_items "
    "WHERE connection_items.connection_id = :connection_id AND connection_items.version >= 0"
)
CONNECTED_PAPERS = (
    "SELECT DISTINCT connection_items.paper_id FROM connection_items WHERE connection_items.connection_id"
    " = :connection_id AND connection_items.paper_id IS NOT NULL"
)
MARK_EVENTS = (
    "SELECT events.paper_id, events.kind, events.value, events.policy FROM events WHERE events.reader_id "
    "= :reader_id AND events.paper_id IN (SELECT value FROM json_each(:ids)) AND events.kind IN ('save', "
    "'unsave', 'tag', 'untag') ORDER BY events.id"
)

# dedup
MATCH_SOURCES = (
    "SELECT source_records.source, source_records.source_id, source_records.paper_id FROM "
    "json_each(:values) AS listed CROSS JOIN source_records ON source_records.source_id = listed.value "
    "ORDER BY source_records.id"
)
MATCH_TITLES = (
    "SELECT listed.value, (SELECT group_concat(grams.paper_id, ',') AS aggregate_strings_1 FROM (SELECT "
    "title_grams.paper_id AS paper_id FROM title_grams WHERE title_grams.hash = listed.value ORDER BY "
    "title_grams.paper_id LIMIT :most OFFSET 0) AS grams) AS anon_1 FROM json_each(:values) AS listed"
)
PARTED_PAPERS = (
    "SELECT DISTINCT kept_apart.paper_id, source_records.paper_id AS other FROM kept_apart CROSS JOIN "
    "source_records ON source_records.source_id = kept_apart.source_id AND source_records.source = "
    "kept_apart.source"
)
KEPT_APART = "SELECT kept_apart.paper_id, kept_apart.source, kept_apart.source_id FROM kept_apart"
IDENTIFIERS = (
    "SELECT identifiers.paper_id, identifiers.scheme, identifiers.value FROM json_each(:ids) AS listed "
    "CROSS JOIN identifiers ON identifiers.paper_id = listed.value"
)
FINGERPRINTS = (
    "SELECT papers.id, papers.title, papers.year, papers.venue, papers.content FROM json_each(:ids) AS "
    "listed CROSS JOIN papers ON papers.id = listed.value"
)
LIVE_PAPERS = (
    "WITH RECURSIVE way(number, id) AS (SELECT listed.value AS number, listed.value AS id FROM "
    "json_each(:ids) AS listed UNION SELECT way.number AS number, redirects.paper_id AS paper_id FROM way"
    " CROSS JOIN redirects ON redirects.old_id = way.id) SELECT way.number, papers.id FROM way CROSS JOIN"
    " papers ON papers.id = way.id"
)
VERSIONS = (
    "SELECT versions.recorded_at, versions.paper_id, versions.n, versions.content FROM json_each(:ids) AS"
    " listed CROSS JOIN versions ON versions.paper_id = listed.value"
)
MERGES = (
    "SELECT merges.id, merges.paper_id, merges.source, merges.source_id, merges.rule, merges.score, "
    "merges.at, merges.undone_at, merges.absorbed FROM merges ORDER BY merges.id DESC"
)
MERGE = (
    "SELECT merges.paper_id, merges.source, merges.source_id, merges.undone_at, merges.absorbed FROM "
    "merges WHERE merges.id = :merge_id"
)
IDENTIFIERS_OF_PAPER = (
    "SELECT identifiers.scheme, identifiers.value FROM identifiers WHERE identifiers.paper_id = :paper_id"
)
COMPOUND_PAPERS = (
    "SELECT papers.id, papers.title, papers.abstract, papers.summary, papers.authors, papers.venue, "
    "papers.keywords, papers.year, papers.day, papers.added_at, papers.content FROM papers WHERE (EXISTS "
    "(SELECT * FROM versions WHERE versions.paper_id = papers.id)) OR (SELECT count(*) AS count_1 FROM "
    "source_records WHERE source_records.paper_id = papers.id) > 1 ORDER BY papers.id"
)
SICI_DOIS = (
    "SELECT identifiers.paper_id, papers.title, identifiers.value FROM identifiers JOIN papers ON "
    "papers.id = identifiers.paper_id WHERE identifiers.scheme = 'doi' AND identifiers.value LIKE "
    "'%(sici)%'"
)
EARLIER_CONTENTS = (
    "SELECT versions.n, versions.content FROM versions WHERE versions.paper_id = :paper_id ORDER BY "
    "versions.n DESC"
)
EARLIER_CONTENT = (
    "SELECT versions.recorded_at, versions.content FROM versions WHERE versions.paper_id = :paper_id AND "
    "versions.n = :number"
)
UNNAMED_SOURCES = (
    "SELECT source_records.paper_id FROM source_records WHERE source_records.source_id >= :first AND "
    "source_records.source_id < :last"
)

# discussion
COMMENT = (
    "SELECT comments.id, comments.paper_id, comments.account_id, comments.reader_id, "
    "coalesce(readers.name, '') AS coalesce_1, coalesce(accounts.full_name, '') AS coalesce_2, "
    "comments.parent_id, comments.at, comments.text, comments.edited_at, comments.deleted_at, "
    "comments.hidden_at, comments.hidden_reason, comments.group_id FROM comments LEFT OUTER JOIN accounts"
    " ON accounts.id = comments.account_id LEFT OUTER JOIN readers ON readers.id = "
    "coalesce(accounts.reader_id, comments.reader_id) WHERE comments.id = :comment_id"
)
COMMENTS_OF_PAPER = (
    "SELECT comments.id, comments.paper_id, comments.account_id, comments.reader_id, "
    "coalesce(readers.name, '') AS coalesce_1, coalesce(accounts.full_name, '') AS coalesce_2, "
    "comments.parent_id, comments.at, comments.text, comments.edited_at, comments.deleted_at, "
    "comments.hidden_at, comments.hidden_reason, comments.group_id FROM comments LEFT OUTER JOIN accounts"
    " ON accounts.id = comments.account_id LEFT OUTER JOIN readers ON readers.id = "
    "coalesce(accounts.reader_id, comments.reader_id) WHERE comments.paper_id = :paper_id AND "
    "comments.group_id IS NULL AND (comments.reader_id IS NULL OR comments.reader_id = :reader_id) ORDER "
    "BY comments.id LIMIT :most OFFSET 0"
)
COMMENTS_IN_GROUP = (
    "SELECT comments.id, comments.paper_id, comments.account_id, comments.reader_id, "
    "coalesce(readers.name, '') AS coalesce_1, coalesce(accounts.full_name, '') AS coalesce_2, "
    "comments.parent_id, comments.at, comments.text, comments.edited_at, comments.deleted_at, "
    "comments.hidden_at, comments.hidden_reason, comments.group_id FROM comments LEFT OUTER JOIN accounts"
    " ON accounts.id = comments.account_id LEFT OUTER JOIN readers ON readers.id = "
    "coalesce(accounts.reader_id, comments.reader_id) WHERE comments.paper_id = :paper_id AND "
    "comments.group_id = :group_id ORDER BY comments.id LIMIT :most OFFSET 0"
)
NOTES_ON_PAPERS = (
    "SELECT comments.id, comments.paper_id, comments.account_id, comments.reader_id, "
    "coalesce(readers.name, '') AS coalesce_1, coalesce(accounts.full_name, '') AS coalesce_2, "
    "comments.parent_id, comments.at, comments.text, comments.edited_at, comments.deleted_at, "
    "comments.hidden_at, comments.hidden_reason, comments.group_id FROM comments LEFT OUTER JOIN accounts"
    " ON accounts.id = comments.account_id LEFT OUTER JOIN readers ON readers.id = "
    "coalesce(accounts.reader_id, comments.reader_id) WHERE comments.paper_id IN (SELECT value FROM "
    "json_each(:ids)) AND comments.reader_id = :reader_id AND comments.group_id IS NULL AND "
    "comments.deleted_at IS NULL ORDER BY comments.id"
)
PAPERS_WITH_NOTES = (
    "SELECT DISTINCT comments.paper_id FROM comments WHERE comments.reader_id = :reader_id AND "
    "comments.deleted_at IS NULL"
)
COMMENTS_OF_ACCOUNT = (
    "SELECT comments.id, comments.paper_id, comments.account_id, comments.reader_id, "
    "coalesce(readers.name, '') AS coalesce_1, coalesce(accounts.full_name, '') AS coalesce_2, "
    "comments.parent_id, comments.at, comments.text, comments.edited_at, comments.deleted_at, "
    "comments.hidden_at, comments.hidden_reason, comments.group_id FROM comments LEFT OUTER JOIN accounts"
    " ON accounts.id = comments.account_id LEFT OUTER JOIN readers ON readers.id = "
    "coalesce(accounts.reader_id, comments.reader_id) WHERE comments.account_id = :account_id AND "
    "comments.group_id IS NULL ORDER BY comments.id"
)
NOTES_OF_READER = (
    "SELECT comments.id, comments.paper_id, comments.account_id, comments.reader_id, "
    "coalesce(readers.name, '') AS coalesce_1, coalesce(accounts.full_name, '') AS coalesce_2, "
    "comments.parent_id, comments.at, comments.text, comments.edited_at, comments.deleted_at, "
    "comments.hidden_at, comments.hidden_reason, comments.group_id FROM comments LEFT OUTER JOIN accounts"
    " ON accounts.id = comments.account_id LEFT OUTER JOIN readers ON readers.id = "
    "coalesce(accounts.reader_id, comments.reader_id) WHERE comments.reader_id = :reader_id ORDER BY "
    "comments.id"
)
COMMENT_COUNTS = (
    "SELECT comments.paper_id, count(*) AS count_1 FROM json_each(:ids) AS listed CROSS JOIN comments ON "
    "comments.paper_id = listed.value WHERE comments.group_id IS NULL AND (comments.reader_id IS NULL OR "
    "comments.reader_id = :reader_id) AND comments.deleted_at IS NULL AND comments.hidden_at IS NULL "
    "GROUP BY comments.paper_id"
)
SAME_COMMENT = (
    "SELECT comments.id FROM comments WHERE comments.paper_id = :paper_id AND "
    "coalesce(comments.account_id, 0) = :account_id AND coalesce(comments.reader_id, 0) = :reader_id AND "
    "coalesce(comments.parent_id, 0) = :parent_id AND coalesce(comments.group_id, 0) = :group_id AND "
    "comments.text = :text AND comments.deleted_at IS NULL AND comments.at >= :since"
)
VERSIONS_OF_COMMENT = (
    "SELECT comment_versions.n, comment_versions.replaced_at, comment_versions.text FROM comment_versions"
    " WHERE comment_versions.comment_id = :comment_id ORDER BY comment_versions.n"
)
MEMBERS_NAMED = (
    "SELECT readers.name, accounts.id FROM accounts JOIN readers ON readers.id = accounts.reader_id WHERE"
    " readers.name IN (SELECT value FROM json_each(:names))"
)
MENTIONED_IN = (
    "SELECT comment_mentions.comment_id, readers.name FROM json_each(:ids) AS listed CROSS JOIN "
    "comment_mentions ON comment_mentions.comment_id = listed.value JOIN accounts ON accounts.id = "
    "comment_mentions.account_id JOIN readers ON readers.id = accounts.reader_id"
)
MENTIONS_OF_ACCOUNT = (
    "SELECT comments.id, comments.paper_id, comments.account_id, comments.reader_id, "
    "coalesce(readers.name, '') AS coalesce_1, coalesce(accounts.full_name, '') AS coalesce_2, "
    "comments.parent_id, comments.at, comments.text, comments.edited_at, comments.deleted_at, "
    "comments.hidden_at, comments.hidden_reason, comments.group_id, comment_mentions.seen_at FROM "
    "comments LEFT OUTER JOIN accounts ON accounts.id = comments.account_id LEFT OUTER JOIN readers ON "
    "readers.id = coalesce(accounts.reader_id, comments.reader_id) JOIN comment_mentions ON "
    "comment_mentions.comment_id = comments.id WHERE comment_mentions.account_id = :account_id AND "
    "comments.account_id IS NOT :account_id AND comments.deleted_at IS NULL AND comments.hidden_at IS "
    "NULL AND (comments.group_id IS NULL OR (EXISTS (SELECT * FROM group_members, reading_groups WHERE "
    "group_members.group_id = comments.group_id AND group_members.account_id = :account_id AND "
    "reading_groups.id = comments.group_id AND reading_groups.deleted_at IS NULL))) ORDER BY comments.id "
    "DESC LIMIT :most OFFSET 0"
)
UNSEEN_MENTIONS = (
    "SELECT count(*) AS count_1 FROM comment_mentions JOIN comments ON comments.id = "
    "comment_mentions.comment_id WHERE comment_mentions.account_id = :account_id AND comments.account_id "
    "IS NOT :account_id AND comments.deleted_at IS NULL AND comments.hidden_at IS NULL AND "
    "(comments.group_id IS NULL OR (EXISTS (SELECT * FROM group_members, reading_groups WHERE "
    "group_members.group_id = comments.group_id AND group_members.account_id = :account_id AND "
    "reading_groups.id = comments.group_id AND reading_groups.deleted_at IS NULL))) AND "
    "comment_mentions.seen_at IS NULL"
)
OPEN_REPORTS = (
    "SELECT reports.id, reports.target, reports.account_id, coalesce(readers.name, '') AS coalesce_1, "
    "reports.at, reports.reason FROM reports LEFT OUTER JOIN accounts ON accounts.id = reports.account_id"
    " LEFT OUTER JOIN readers ON readers.id = accounts.reader_id WHERE reports.resolved_at IS NULL ORDER "
    "BY reports.id LIMIT :most OFFSET 0"
)
OPEN_REPORT_OF = (
    "SELECT reports.id FROM reports WHERE reports.target = :target AND reports.account_id = :account_id "
    "AND reports.resolved_at IS NULL"
)
OPEN_REPORTS_ON = (
    "SELECT count(*) AS count_1 FROM reports WHERE reports.target = :target AND reports.resolved_at IS "
    "NULL"
)
MODERATION = (
    "SELECT moderation_log.id, moderation_log.at, moderation_log.actor, moderation_log.act, "
    "moderation_log.target, moderation_log.reason FROM moderation_log WHERE moderation_log.id < :before "
    "ORDER BY moderation_log.id DESC LIMIT :most OFFSET 0"
)
TAGS_OF_PAPER = (
    "SELECT paper_tags.tag, paper_tags.account_id, coalesce(readers.name, '') AS coalesce_1, "
    "paper_tags.at FROM paper_tags LEFT OUTER JOIN accounts ON accounts.id = paper_tags.account_id LEFT "
    "OUTER JOIN readers ON readers.id = accounts.reader_id WHERE paper_tags.paper_id = :paper_id ORDER BY"
    " paper_tags.tag"
)
TAG_COUNTS = (
    "SELECT paper_tags.tag, count(*) AS count_1 FROM paper_tags WHERE EXISTS (SELECT * FROM papers WHERE "
    "papers.id = paper_tags.paper_id) GROUP BY paper_tags.tag ORDER BY count(*) DESC, paper_tags.tag "
    "LIMIT :most OFFSET 0"
)
TAG_COUNTS_AMONG = (
    "SELECT paper_tags.tag, count(*) AS count_1 FROM paper_tags WHERE (EXISTS (SELECT * FROM papers WHERE"
    " papers.id = paper_tags.paper_id)) AND paper_tags.paper_id IN (SELECT value FROM json_each(:ids)) "
    "GROUP BY paper_tags.tag ORDER BY count(*) DESC, paper_tags.tag LIMIT :most OFFSET 0"
)
PAPERS_TAGGED = (
    "SELECT paper_tags.paper_id FROM paper_tags WHERE paper_tags.tag = :tag AND (EXISTS (SELECT * FROM "
    "papers WHERE papers.id = paper_tags.paper_id)) ORDER BY paper_tags.at DESC, paper_tags.paper_id DESC"
)
LINKS_OF_PAPER = (
    "SELECT paper_links.id, paper_links.kind, paper_links.url, paper_links.title, coalesce(readers.name, "
    "paper_links.\"by\") AS coalesce_1, paper_links.account_id, paper_links.at FROM paper_links LEFT OUTER "
    "JOIN accounts ON accounts.id = paper_links.account_id LEFT OUTER JOIN readers ON readers.id = "
    "accounts.reader_id WHERE paper_links.paper_id = :paper_id ORDER BY paper_links.id"
)
STARS_OF_PAPER = (
    "SELECT paper_counts.source, paper_counts.value FROM paper_counts WHERE paper_counts.paper_id = "
    ":paper_id AND paper_counts.kind = 'stars' ORDER BY paper_counts.source, paper_counts.day"
)

# editions
EDITIONS_BETWEEN = (
    "SELECT editions.day, editions.opens_at, editions.closes_at, editions.closed_at, editions.note FROM "
    "editions WHERE editions.day BETWEEN :first AND :last ORDER BY editions.day"
)
EDITION_RANGE = (
    "SELECT min(editions.day) AS min_1, max(editions.day) FILTER (WHERE editions.closed_at IS NOT NULL) "
    "AS anon_1 FROM editions"
)
EDITION_PAPERS = (
    "SELECT edition_papers.paper_id, edition_papers.day, edition_papers.entered_at, edition_papers.via, "
    "edition_papers.\"by\", edition_papers.place, edition_papers.printed FROM edition_papers WHERE "
    "edition_papers.day BETWEEN :first AND :last ORDER BY edition_papers.day, edition_papers.place, "
    "edition_papers.entered_at, edition_papers.paper_id"
)
EDITIONS_OF_PAPERS = (
    "SELECT edition_papers.paper_id, edition_papers.day, edition_papers.entered_at, edition_papers.via, "
    "edition_papers.\"by\", edition_papers.place, edition_papers.printed FROM json_each(:ids) AS listed "
    "CROSS JOIN edition_papers ON edition_papers.paper_id = listed.value"
)
PRINTED_UNDER_OLD_NUMBERS = (
    "SELECT edition_papers.paper_id FROM redirects JOIN edition_papers ON edition_papers.paper_id = "
    "redirects.old_id"
)
EDITION_COUNTS = (
    "SELECT edition_papers.day, count(*) AS count_1 FROM edition_papers WHERE edition_papers.day BETWEEN "
    ":first AND :last GROUP BY edition_papers.day ORDER BY edition_papers.day"
)
EDITION_BEFORE = "SELECT max(edition_papers.day) AS max_1 FROM edition_papers WHERE edition_papers.day < :day"
EDITION_AFTER = "SELECT min(edition_papers.day) AS min_1 FROM edition_papers WHERE edition_papers.day > :day"
LAST_PRINTED = "SELECT max(edition_papers.day) AS max_1 FROM edition_papers WHERE edition_papers.place IS NOT NULL"
EDITION_YEARS = (
    "SELECT substr(edition_papers.day, 1, 4) AS substr_1, count(*) AS count_1 FROM edition_papers GROUP "
    "BY substr(edition_papers.day, 1, 4) ORDER BY substr(edition_papers.day, 1, 4)"
)
EDITION_CANDIDATES = (
    "SELECT papers.id, papers.added_at, min(source_records.source) AS min_1, min(CASE WHEN (listings.day "
    "= :day) THEN listings.at END) AS min_2 FROM papers INDEXED BY papers_by_day JOIN source_records ON "
    "source_records.paper_id = papers.id LEFT OUTER JOIN listings ON listings.paper_id = papers.id AND "
    "source_records.source = 'daily-papers' WHERE papers.day >= :dated_from AND (listings.day = :day OR "
    "(listings.day IS NULL OR listings.day < :day) AND papers.added_at >= :since AND papers.added_at < "
    ":until) AND source_records.source IN (SELECT value FROM json_each(:sources)) AND NOT (EXISTS (SELECT"
    " * FROM edition_papers WHERE edition_papers.paper_id = papers.id)) GROUP BY papers.id"
)
FIRST_LISTED = "SELECT min(listings.day) AS min_1 FROM listings WHERE listings.day >= :since"
TITLES_OF_PAPERS = (
    "SELECT papers.id, papers.title FROM json_each(:ids) AS listed CROSS JOIN papers ON papers.id = "
    "listed.value"
)
EDITION_SUBMISSIONS = (
    "SELECT submissions.paper_id, readers.name, submissions.reason, submissions.picture_id FROM "
    "json_each(:ids) AS listed CROSS JOIN submissions ON submissions.paper_id = listed.value LEFT OUTER "
    "JOIN accounts ON accounts.id = submissions.account_id LEFT OUTER JOIN readers ON readers.id = "
    "accounts.reader_id WHERE submissions.hidden_at IS NULL ORDER BY submissions.id"
)

# exchange
PRIVATE_FEEDS = (
    "SELECT private_feeds.id, private_feeds.reader_id, private_feeds.stream, private_feeds.generation, "
    "private_feeds.is_open, private_feeds.created_at, private_feeds.fetched_at FROM private_feeds WHERE "
    "private_feeds.reader_id = :reader_id ORDER BY private_feeds.id"
)
PRIVATE_FEED = (
    "SELECT private_feeds.id, private_feeds.reader_id, private_feeds.stream, private_feeds.generation, "
    "private_feeds.is_open, private_feeds.created_at, private_feeds.fetched_at, readers.name FROM "
    "private_feeds JOIN readers ON readers.id = private_feeds.reader_id WHERE private_feeds.id = :feed_id"
    " AND (private_feeds.reader_id NOT IN (SELECT accounts.reader_id FROM accounts WHERE "
    "accounts.suspended_at IS NOT NULL))"
)
READER_PROGRAMS = (
    "SELECT reader_programs.id, reader_programs.reader_id, reader_programs.name, "
    "reader_programs.created_at, reader_programs.used_at FROM reader_programs WHERE "
    "reader_programs.reader_id = :reader_id ORDER BY reader_programs.id DESC"
)
PROGRAM_HOLDER = (
    "SELECT reader_programs.id, reader_programs.reader_id, reader_programs.name, "
    "reader_programs.created_at, reader_programs.used_at, readers.name AS name_1, accounts.id AS id_1, "
    "accounts.email FROM reader_programs JOIN readers ON readers.id = reader_programs.reader_id LEFT "
    "OUTER JOIN accounts ON accounts.reader_id = readers.id WHERE reader_programs.password_hash = :hash "
    "AND (reader_programs.reader_id NOT IN (SELECT accounts.reader_id FROM accounts WHERE "
    "accounts.suspended_at IS NOT NULL))"
)
STREAM_PAPERS = (
    "SELECT stream_papers.paper_id, stream_papers.at FROM stream_papers WHERE stream_papers.reader_id = "
    ":reader_id AND stream_papers.stream = :stream ORDER BY stream_papers.at DESC, stream_papers.paper_id"
    " DESC"
)
READ_MARKS = "SELECT read_marks.paper_id, read_marks.is_read FROM read_marks WHERE read_marks.reader_id = :reader_id"
COLLECTION_NUMBERS = (
    "SELECT collections.id, collections.name, collections.created_at FROM collections WHERE "
    "collections.reader_id = :reader_id ORDER BY collections.name"
)
PAPERS_TITLED = (
    "SELECT papers.id FROM papers WHERE papers.title IN (SELECT value FROM json_each(:titles)) ORDER BY "
    "papers.id"
)
TAKEOUT_IMPORT = (
    "SELECT takeout_imports.reader_id, takeout_imports.added FROM takeout_imports WHERE "
    "takeout_imports.import_id = :import_id"
)

# experiments
LAST_REPLAY = "SELECT replays.made_at, replays.report FROM replays WHERE replays.reader_id = :reader_id"
LAST_INTERLEAVING = (
    "SELECT interleavings.started_at, interleavings.stopped_at, interleavings.other FROM interleavings "
    "WHERE interleavings.reader_id = :reader_id ORDER BY interleavings.id DESC LIMIT 1 OFFSET 0"
)

# groups
GROUP = (
    "SELECT reading_groups.id, reading_groups.name, reading_groups.about, reading_groups.created_at, "
    "reading_groups.invite_key FROM reading_groups WHERE reading_groups.id = :group_id AND "
    "reading_groups.deleted_at IS NULL"
)
GROUP_OF_KEY = (
    "SELECT reading_groups.id, reading_groups.name, reading_groups.about, reading_groups.created_at, "
    "reading_groups.invite_key FROM reading_groups WHERE reading_groups.invite_key = :invite_key AND "
    "reading_groups.deleted_at IS NULL"
)
GROUPS_OF_ACCOUNT = (
    "SELECT reading_groups.id, reading_groups.name, reading_groups.about, reading_groups.created_at, "
    "reading_groups.invite_key FROM reading_groups JOIN group_members ON group_members.group_id = "
    "reading_groups.id WHERE group_members.account_id = :account_id AND reading_groups.deleted_at IS NULL"
    " ORDER BY reading_groups.name, reading_groups.id"
)
GROUP_IDS = "SELECT reading_groups.id FROM reading_groups"
GROUP_MEMBERS = (
    "SELECT group_members.account_id, readers.id, readers.name, accounts.full_name, group_members.role, "
    "group_members.joined_at, group_members.shown_since, group_members.group_id FROM group_members JOIN "
    "accounts ON accounts.id = group_members.account_id JOIN readers ON readers.id = accounts.reader_id "
    "JOIN reading_groups ON reading_groups.id = group_members.group_id WHERE reading_groups.deleted_at IS"
    " NULL AND group_members.group_id = :group_id ORDER BY group_members.joined_at, "
    "group_members.account_id"
)
GROUPS_INVITED_TO = (
    "SELECT reading_groups.id, reading_groups.name, reading_groups.about, reading_groups.created_at, "
    "reading_groups.invite_key FROM reading_groups JOIN group_invitations ON group_invitations.group_id ="
    " reading_groups.id WHERE group_invitations.account_id = :account_id AND reading_groups.deleted_at IS"
    " NULL ORDER BY group_invitations.at"
)
INVITED_INTO_GROUP = (
    "SELECT accounts.id, readers.name FROM group_invitations JOIN accounts ON accounts.id = "
    "group_invitations.account_id JOIN readers ON readers.id = accounts.reader_id WHERE "
    "group_invitations.group_id = :group_id ORDER BY readers.name"
)
DELETED_GROUPS = (
    "SELECT json_extract(deletions.content, '$.group') AS anon_1 FROM deletions WHERE deletions.kind = "
    "'group' AND deletions.restored_at IS NULL AND (:number = 0 OR deletions.id = :number)"
)
SAVES_IN_GROUP = (
    "SELECT reader_papers.paper_id, readers.name, reader_papers.saved_at FROM group_members JOIN accounts"
    " ON accounts.id = group_members.account_id JOIN readers ON readers.id = accounts.reader_id JOIN "
    "reader_papers ON reader_papers.reader_id = accounts.reader_id WHERE group_members.group_id = "
    ":group_id AND group_members.shown_since IS NOT NULL AND accounts.suspended_at IS NULL AND "
    "reader_papers.saved_at >= group_members.shown_since AND reader_papers.saved_at >= :since ORDER BY "
    "reader_papers.saved_at DESC, reader_papers.paper_id LIMIT :most OFFSET 0"
)
VOTES_IN_GROUP = (
    "SELECT votes.paper_id, readers.name, votes.at FROM group_members JOIN accounts ON accounts.id = "
    "group_members.account_id JOIN readers ON readers.id = accounts.reader_id JOIN votes ON "
    "votes.reader_id = accounts.reader_id WHERE group_members.group_id = :group_id AND "
    "group_members.shown_since IS NOT NULL AND accounts.suspended_at IS NULL AND votes.at >= "
    "group_members.shown_since AND votes.at >= :since ORDER BY votes.at DESC, votes.paper_id LIMIT :most "
    "OFFSET 0"
)
COMMENTED_IN_GROUP = (
    "SELECT comments.paper_id, count(*) AS count_1 FROM comments WHERE comments.group_id = :group_id AND "
    "comments.deleted_at IS NULL GROUP BY comments.paper_id ORDER BY max(comments.id) DESC LIMIT :most "
    "OFFSET 0"
)
GROUPS_DISCUSSING = (
    "SELECT comments.group_id, count(*) AS count_1 FROM comments WHERE comments.paper_id = :paper_id AND "
    "comments.group_id IN (SELECT value FROM json_each(:ids)) AND comments.deleted_at IS NULL GROUP BY "
    "comments.group_id"
)
NOMINATIONS = (
    "SELECT group_nominations.paper_id, coalesce(readers.name, '') AS coalesce_1, "
    "group_nominations.account_id, group_nominations.at, group_nominations.why, group_nominations.read_on"
    " FROM group_nominations LEFT OUTER JOIN accounts ON accounts.id = group_nominations.account_id LEFT "
    "OUTER JOIN readers ON readers.id = accounts.reader_id WHERE group_nominations.group_id = :group_id "
    "ORDER BY group_nominations.at, group_nominations.paper_id"
)
GROUP_VOTES = (
    "SELECT group_votes.paper_id, group_votes.account_id FROM group_votes WHERE group_votes.group_id = "
    ":group_id AND (EXISTS (SELECT * FROM group_members WHERE group_members.group_id = "
    "group_votes.group_id AND group_members.account_id = group_votes.account_id)) ORDER BY group_votes.at"
)

# harvest
INSTANCE_ID = "SELECT meta.value FROM meta WHERE meta.\"key\" = 'instance_id'"
LAST_SEQ = "SELECT coalesce(max(changes.seq), 0) AS coalesce_1 FROM changes"
CHANGES_AFTER = (
    "SELECT changes.seq, changes.paper_id, changes.kind FROM changes WHERE changes.seq > :after ORDER BY "
    "changes.seq LIMIT :most OFFSET 0"
)
CURSOR = "SELECT cursors.value FROM cursors WHERE cursors.name = :name"
QUARANTINE = (
    "SELECT quarantine.id, quarantine.at, quarantine.source, quarantine.place, quarantine.reason, "
    "quarantine.raw FROM quarantine ORDER BY quarantine.at DESC, quarantine.id DESC LIMIT :most OFFSET 0"
)
QUARANTINE_COUNT = "SELECT count(*) AS count_1 FROM quarantine"
PROVIDER = "SELECT providers.state FROM providers WHERE providers.name = :name"
RUNS = (
    "SELECT runs.id, runs.source, runs.started, runs.finished, runs.report FROM runs ORDER BY runs.id "
    "DESC LIMIT :most OFFSET 0"
)
IMPORT = "SELECT imports.source, imports.undone FROM imports WHERE imports.id = :import_id"
IMPORTS = (
    "SELECT imports.id, imports.at, imports.source, count(source_records.id) AS count_1, imports.undone "
    "FROM imports LEFT OUTER JOIN source_records ON source_records.import_id = imports.id GROUP BY "
    "imports.id HAVING count(source_records.id) > 0 OR imports.undone IS NOT NULL OR imports.id IN "
    "(SELECT takeout_imports.import_id FROM takeout_imports) ORDER BY imports.id DESC LIMIT :most OFFSET "
    "0"
)
IMPORTED_ALONE = (
    "SELECT source_records.paper_id FROM source_records WHERE source_records.import_id = :import_id GROUP"
    " BY source_records.paper_id HAVING count(source_records.id) = (SELECT count(*) AS count_1 FROM "
    "source_records AS others WHERE others.paper_id = source_records.paper_id)"
)
IMPORTED_IN_USE = (
    "SELECT alone.paper_id FROM (SELECT source_records.paper_id AS paper_id FROM source_records WHERE "
    "source_records.import_id = :import_id GROUP BY source_records.paper_id HAVING "
    "count(source_records.id) = (SELECT count(*) AS count_1 FROM source_records AS others WHERE "
    "others.paper_id = source_records.paper_id)) AS alone WHERE (EXISTS (SELECT * FROM reader_tags WHERE "
    "reader_tags.paper_id = alone.paper_id)) OR (EXISTS (SELECT * FROM collection_papers WHERE "
    "collection_papers.paper_id = alone.paper_id)) OR (EXISTS (SELECT * FROM reader_papers WHERE "
    "reader_papers.paper_id = alone.paper_id AND reader_papers.rating != 0)) OR (EXISTS (SELECT * FROM "
    "reader_papers, events WHERE reader_papers.paper_id = alone.paper_id AND reader_papers.saved_at IS "
    "NOT NULL AND events.reader_id = reader_papers.reader_id AND events.paper_id = reader_papers.paper_id"
    " AND events.kind = 'save' AND events.policy != 'import' AND events.undoes IS NULL AND NOT (EXISTS "
    "(SELECT * FROM events AS undoing WHERE undoing.undoes = events.id))))"
)
DELETIONS = (
    "SELECT deletions.id, deletions.at, deletions.kind, deletions.label, deletions.papers, "
    "deletions.restored_at FROM deletions ORDER BY deletions.id DESC LIMIT :most OFFSET 0"
)
DELETION = (
    "SELECT deletions.kind, deletions.content, deletions.restored_at FROM deletions WHERE deletions.id = "
    ":deletion_id"
)
DELETED_PAPER_IDS = (
    "SELECT deletions.id, json_extract(deletions.content, '$.papers') AS anon_1 FROM deletions WHERE "
    "deletions.restored_at IS NULL AND (deletions.kind NOT IN ('collection', 'search', 'group'))"
)
DELETION_OWNER = (
    "SELECT deletions.kind, json_extract(deletions.content, '$.reader') AS anon_1 FROM deletions WHERE "
    "deletions.id = :deletion_id AND deletions.kind IN ('collection', 'search', 'group') AND "
    "deletions.content != ''"
)
ANY_TOMBSTONE = "SELECT tombstones.deletion_id FROM tombstones LIMIT 1 OFFSET 0"
TOMBSTONES = (
    "SELECT tombstones.value, tombstones.title FROM json_each(:values) AS listed CROSS JOIN tombstones ON"
    " tombstones.scheme = :scheme AND tombstones.value = listed.value"
)
IDENTIFIER = (
    "SELECT identifiers.paper_id FROM identifiers WHERE identifiers.scheme = :scheme AND "
    "identifiers.value = :value"
)

# identities
TOKEN_HOLDER = (
    "SELECT api_tokens.id, api_tokens.account_id, api_tokens.name, api_tokens.scopes, "
    "api_tokens.created_at, api_tokens.used_at, api_tokens.expires_at, accounts.role, readers.name AS "
    "name_1 FROM api_tokens JOIN accounts ON accounts.id = api_tokens.account_id JOIN readers ON "
    "readers.id = accounts.reader_id WHERE api_tokens.token_hash = :hash AND (api_tokens.expires_at IS "
    "NULL OR api_tokens.expires_at > :now) AND accounts.suspended_at IS NULL"
)
TOKENS_OF_ACCOUNT = (
    "SELECT api_tokens.id, api_tokens.account_id, api_tokens.name, api_tokens.scopes, "
    "api_tokens.created_at, api_tokens.used_at, api_tokens.expires_at FROM api_tokens WHERE "
    "api_tokens.account_id = :account_id ORDER BY api_tokens.id DESC"
)
IDENTITY = (
    "SELECT account_identities.account_id FROM account_identities WHERE account_identities.issuer = "
    ":issuer AND account_identities.subject = :subject"
)
IDENTITIES_OF_ACCOUNT = (
    "SELECT account_identities.issuer, account_identities.subject, account_identities.linked_at FROM "
    "account_identities WHERE account_identities.account_id = :account_id ORDER BY "
    "account_identities.linked_at"
)

# jobs
JOB = (
    "SELECT jobs.name, jobs.period, jobs.started_at, jobs.finished_at, jobs.outcome FROM jobs WHERE "
    "jobs.name = :job AND jobs.period = :of_period"
)
JOBS = (
    "SELECT jobs.name, jobs.period, jobs.started_at, jobs.finished_at, jobs.outcome FROM jobs ORDER BY "
    "jobs.started_at DESC, jobs.name LIMIT :most OFFSET 0"
)

# mail
DELIVERY = (
    "SELECT deliveries.id, deliveries.recipient, deliveries.edition, deliveries.kind, deliveries.address,"
    " deliveries.message_id, deliveries.state, deliveries.attempts, deliveries.created_at, "
    "deliveries.next_at, deliveries.expires_at, deliveries.tried_at, deliveries.sent_at, "
    "deliveries.content, deliveries.error FROM deliveries WHERE deliveries.id = :number"
)
DELIVERY_OF_MESSAGE = (
    "SELECT deliveries.id, deliveries.recipient, deliveries.edition, deliveries.kind, deliveries.address,"
    " deliveries.message_id, deliveries.state, deliveries.attempts, deliveries.created_at, "
    "deliveries.next_at, deliveries.expires_at, deliveries.tried_at, deliveries.sent_at, "
    "deliveries.content, deliveries.error FROM deliveries WHERE deliveries.message_id != '' AND "
    "deliveries.message_id = :name"
)
DUE_DELIVERIES = (
    "SELECT deliveries.id, deliveries.recipient, deliveries.edition, deliveries.kind, deliveries.address,"
    " deliveries.message_id, deliveries.state, deliveries.attempts, deliveries.created_at, "
    "deliveries.next_at, deliveries.expires_at, deliveries.tried_at, deliveries.sent_at, "
    "deliveries.content, deliveries.error FROM deliveries WHERE deliveries.state = 'queued' AND "
    "deliveries.next_at <= :now ORDER BY deliveries.urgency, deliveries.next_at, deliveries.id LIMIT "
    ":most OFFSET 0"
)
NEXT_TRY = "SELECT min(deliveries.next_at) AS min_1 FROM deliveries WHERE deliveries.state = 'queued'"
DELIVERIES_IN = (
    "SELECT deliveries.id, deliveries.recipient, deliveries.edition, deliveries.kind, deliveries.address,"
    " deliveries.message_id, deliveries.state, deliveries.attempts, deliveries.created_at, "
    "deliveries.next_at, deliveries.expires_at, deliveries.tried_at, deliveries.sent_at, "
    "deliveries.content, deliveries.error FROM deliveries WHERE deliveries.state = :state ORDER BY "
    "deliveries.id DESC LIMIT :most OFFSET 0"
)
DEFERRED = (
    "SELECT deliveries.id, deliveries.recipient, deliveries.edition, deliveries.kind, deliveries.address,"
    " deliveries.message_id, deliveries.state, deliveries.attempts, deliveries.created_at, "
    "deliveries.next_at, deliveries.expires_at, deliveries.tried_at, deliveries.sent_at, "
    "deliveries.content, deliveries.error FROM deliveries WHERE deliveries.state = 'queued' AND "
    "deliveries.attempts > 0 ORDER BY deliveries.urgency, deliveries.next_at LIMIT :most OFFSET 0"
)
DELIVERY_COUNTS = "SELECT deliveries.state, count(*) AS count_1 FROM deliveries GROUP BY deliveries.state"
MESSAGES_SINCE = (
    "SELECT count(*) AS count_1 FROM deliveries WHERE deliveries.recipient = :recipient AND "
    "deliveries.created_at >= :since"
)
BOUNCES = (
    "SELECT bounces.address, bounces.at, bounces.code, bounces.is_hard, bounces.text FROM bounces ORDER "
    "BY bounces.id DESC LIMIT :most OFFSET 0"
)
HARD_BOUNCES = (
    "SELECT count(*) AS count_1 FROM bounces WHERE bounces.address = :address AND bounces.is_hard = 1 AND"
    " bounces.at >= :since"
)
SUSPENDED = (
    "SELECT mail_suspensions.address, mail_suspensions.at, mail_suspensions.reason FROM mail_suspensions "
    "ORDER BY mail_suspensions.address LIMIT :most OFFSET 0"
)
SUSPENSION = "SELECT mail_suspensions.reason FROM mail_suspensions WHERE mail_suspensions.address = :address"

# mail_recipients
READERS_DUE = (
    "SELECT 'reader' AS anon_1, readers.id, readers.name, CASE WHEN (accounts.id IS NULL) THEN "
    "mail_preferences.address ELSE accounts.email END AS anon_2, mail_preferences.frequency, "
    "mail_preferences.hour, mail_preferences.time_zone, mail_preferences.due_at FROM mail_preferences "
    "JOIN readers ON readers.id = mail_preferences.reader_id LEFT OUTER JOIN accounts ON "
    "accounts.reader_id = readers.id WHERE mail_preferences.due_at <= :now AND CASE WHEN (accounts.id IS "
    "NULL) THEN mail_preferences.address ELSE accounts.email END != '' AND (accounts.id IS NULL OR "
    "accounts.confirmed_at IS NOT NULL AND accounts.suspended_at IS NULL) AND mail_preferences.frequency "
    "!= 'never' ORDER BY mail_preferences.due_at, mail_preferences.reader_id LIMIT :most OFFSET 0"
)
READER_TO_MAIL = (
    "SELECT 'reader' AS anon_1, readers.id, readers.name, CASE WHEN (accounts.id IS NULL) THEN "
    "mail_preferences.address ELSE accounts.email END AS anon_2, mail_preferences.frequency, "
    "mail_preferences.hour, mail_preferences.time_zone, mail_preferences.due_at FROM mail_preferences "
    "JOIN readers ON readers.id = mail_preferences.reader_id LEFT OUTER JOIN accounts ON "
    "accounts.reader_id = readers.id WHERE mail_preferences.reader_id = :number AND CASE WHEN "
    "(accounts.id IS NULL) THEN mail_preferences.address ELSE accounts.email END != '' AND (accounts.id "
    "IS NULL OR accounts.confirmed_at IS NOT NULL AND accounts.suspended_at IS NULL) AND "
    "mail_preferences.frequency != 'never'"
)
NAME_OF_READER = "SELECT readers.name FROM readers WHERE readers.id = :number"
MAIL_PREFERENCE = (
    "SELECT mail_preferences.address, mail_preferences.frequency, mail_preferences.hour, "
    "mail_preferences.time_zone, mail_preferences.due_at FROM mail_preferences WHERE "
    "mail_preferences.reader_id = :number"
)
SUBSCRIBER = (
    "SELECT subscribers.id, subscribers.email, subscribers.state, subscribers.frequency, "
    "subscribers.hour, subscribers.time_zone, subscribers.created_at, subscribers.due_at FROM subscribers"
    " WHERE subscribers.id = :number"
)
SUBSCRIBER_OF_ADDRESS = (
    "SELECT subscribers.id, subscribers.email, subscribers.state, subscribers.frequency, "
    "subscribers.hour, subscribers.time_zone, subscribers.created_at, subscribers.due_at FROM subscribers"
    " WHERE subscribers.email = :address"
)
SUBSCRIBERS = (
    "SELECT subscribers.id, subscribers.email, subscribers.state, subscribers.frequency, "
    "subscribers.hour, subscribers.time_zone, subscribers.created_at, subscribers.due_at FROM subscribers"
    " ORDER BY subscribers.id LIMIT :most OFFSET 0"
)
SUBSCRIBER_COUNTS = "SELECT subscribers.state, count(*) AS count_1 FROM subscribers GROUP BY subscribers.state"
SUBSCRIBERS_DUE = (
    "SELECT 'subscriber' AS anon_1, subscribers.id, '' AS anon_2, subscribers.email, "
    "subscribers.frequency, subscribers.hour, subscribers.time_zone, subscribers.due_at FROM subscribers "
    "WHERE subscribers.due_at <= :now AND subscribers.state = 'active' AND subscribers.frequency != "
    "'never' ORDER BY subscribers.due_at, subscribers.id LIMIT :most OFFSET 0"
)
DELIVERED = (
    "SELECT delivery_papers.paper_id FROM json_each(:ids) AS listed CROSS JOIN delivery_papers ON "
    "delivery_papers.recipient = :recipient AND delivery_papers.paper_id = listed.value"
)
PAPERS_OF_DELIVERY = (
    "SELECT delivery_papers.paper_id FROM json_each(:ids) AS listed CROSS JOIN delivery_papers ON "
    "delivery_papers.recipient = :recipient AND delivery_papers.paper_id = listed.value WHERE "
    "delivery_papers.delivery_id = :number"
)
ALL_DELIVERED = "SELECT delivery_papers.paper_id FROM delivery_papers WHERE delivery_papers.recipient = :recipient"
_OLD = "SELECT deliveries.id FROM deliveries WHERE deliveries.created_at < :before"

# organisations
META = "SELECT meta.value FROM meta WHERE meta.\"key\" = :name"
AFFILIATIONS_AFTER = (
    "SELECT affiliations.id, affiliations.name FROM affiliations WHERE affiliations.id > :after ORDER BY "
    "affiliations.id LIMIT :most OFFSET 0"
)
CHANGED_AFTER = (
    "SELECT changes.seq, changes.paper_id FROM changes WHERE changes.seq > :after ORDER BY changes.seq "
    "LIMIT :most OFFSET 0"
)
ORGANISATIONS_BY_KEY = (
    "SELECT organisations.\"key\", organisations.id FROM json_each(:values) AS listed CROSS JOIN "
    "organisations ON organisations.\"key\" = listed.value"
)
JOINED = "SELECT organisations.id, organisations.joined_id FROM organisations WHERE organisations.joined_id IS NOT NULL"
WORKPLACES_OF_PAPERS = (
    "SELECT authorship_affiliations.paper_id, authorship_affiliations.position, "
    "affiliation_organisations.organisation_id FROM json_each(:ids) AS listed CROSS JOIN "
    "authorship_affiliations ON authorship_affiliations.paper_id = listed.value CROSS JOIN "
    "affiliation_organisations ON affiliation_organisations.affiliation_id = "
    "authorship_affiliations.affiliation_id"
)
NAMED_APART = (
    "SELECT papers.id, json_extract(papers.content, '$.extra.organisations') AS several, "
    "json_extract(papers.content, '$.extra.organisation') AS one FROM json_each(:ids) AS listed CROSS "
    "JOIN papers ON papers.id = listed.value WHERE json_extract(papers.content, '$.extra.organisations') "
    "IS NOT NULL OR json_extract(papers.content, '$.extra.organisation') IS NOT NULL"
)
AUTHORS_OF_PAPERS = (
    "SELECT authorships.paper_id, authorships.person_id, people.orcid, coalesce(authorships.name, "
    "people.name) AS name FROM json_each(:ids) AS listed CROSS JOIN authorships ON authorships.paper_id ="
    " listed.value CROSS JOIN people ON people.id = authorships.person_id"
)
PAPERS_OF_ORGANISATIONS = (
    "SELECT DISTINCT paper_organisations.paper_id FROM paper_organisations WHERE "
    "paper_organisations.organisation_id IN (SELECT value FROM json_each(:ids))"
)
ORGANISATION = (
    "SELECT organisations.id, organisations.\"key\", organisations.name, organisations.resolved_name, "
    "organisations.url, organisations.joined_id FROM organisations WHERE organisations.\"key\" = :key"
)
ORGANISATION_NUMBERED = (
    "SELECT organisations.id, organisations.\"key\", organisations.name, organisations.resolved_name, "
    "organisations.url, organisations.joined_id FROM organisations WHERE organisations.id = :id"
)
ORGANISATIONS_JOINED_WITH = (
    "SELECT organisations.id, organisations.\"key\", organisations.name, organisations.resolved_name, "
    "organisations.url, organisations.joined_id FROM organisations WHERE organisations.joined_id = :id "
    "ORDER BY organisations.name, organisations.id"
)
ORGANISATION_NAMES = (
    "SELECT organisations.id, organisations.\"key\", organisations.name FROM organisations ORDER BY "
    "organisations.name, organisations.id"
)
PAPERS_OF_ORGANISATION = (
    "SELECT papers.id, papers.year FROM paper_organisations JOIN papers ON papers.id = "
    "paper_organisations.paper_id WHERE paper_organisations.organisation_id = :id ORDER BY papers.year "
    "DESC, papers.day DESC, papers.id DESC"
)
ORGANISATION_PAIRS = (
    "SELECT group_concat(paper_organisations.organisation_id, ',') AS organisations, "
    "group_concat(paper_organisations.paper_id, ',') AS papers FROM paper_organisations"
)
LAST_AUDITED = "SELECT coalesce(max(audit_log.id), 0) AS coalesce_1 FROM audit_log"
ORGANISATIONS_OF_PAPERS = (
    "SELECT paper_organisations.paper_id, organisations.\"key\", organisations.name FROM json_each(:ids) AS"
    " listed CROSS JOIN paper_organisations ON paper_organisations.paper_id = listed.value CROSS JOIN "
    "organisations ON organisations.id = paper_organisations.organisation_id ORDER BY "
    "paper_organisations.paper_id, paper_organisations.place, organisations.id"
)
PEOPLE_OF_ORGANISATION = (
    "SELECT people.\"key\", people.name, count(DISTINCT authorships.paper_id) AS papers FROM "
    "paper_organisations CROSS JOIN authorship_affiliations ON authorship_affiliations.paper_id = "
    "paper_organisations.paper_id CROSS JOIN affiliation_organisations ON "
    "affiliation_organisations.affiliation_id = authorship_affiliations.affiliation_id CROSS JOIN "
    "authorships ON authorships.paper_id = authorship_affiliations.paper_id AND authorships.position = "
    "authorship_affiliations.position CROSS JOIN people ON people.id = authorships.person_id WHERE "
    "paper_organisations.organisation_id = :id AND affiliation_organisations.organisation_id IN (SELECT "
    "value FROM json_each(:ids)) GROUP BY people.id ORDER BY count(DISTINCT authorships.paper_id) DESC, "
    "people.name, people.id LIMIT :most OFFSET 0"
)
PERSON = "SELECT people.id, people.\"key\", people.name, people.orcid FROM people WHERE people.\"key\" = :key"
PEOPLE_NAMED = (
    "SELECT people.id, people.\"key\", people.name, people.orcid FROM person_names JOIN people ON people.id"
    " = person_names.person_id WHERE person_names.name_key = :key ORDER BY people.id"
)
PAPERS_OF_PERSON = (
    "SELECT papers.id, papers.year FROM person_papers JOIN papers ON papers.id = person_papers.paper_id "
    "WHERE person_papers.person_id = :id ORDER BY papers.year DESC, papers.day DESC, papers.id DESC"
)
COAUTHORS = (
    "SELECT people.\"key\", people.name, count(DISTINCT authorships.paper_id) AS papers FROM person_papers "
    "CROSS JOIN authorships ON authorships.paper_id = person_papers.paper_id CROSS JOIN people ON "
    "people.id = authorships.person_id WHERE person_papers.person_id = :id AND authorships.person_id != "
    ":id GROUP BY people.id ORDER BY count(DISTINCT authorships.paper_id) DESC, people.name, people.id "
    "LIMIT :most OFFSET 0"
)
WORKPLACES_OF_PERSON = (
    "SELECT affiliation_organisations.organisation_id, count(DISTINCT authorships.paper_id) AS papers "
    "FROM person_papers CROSS JOIN authorships ON authorships.paper_id = person_papers.paper_id CROSS "
    "JOIN authorship_affiliations ON authorship_affiliations.paper_id = authorships.paper_id AND "
    "authorship_affiliations.position = authorships.position CROSS JOIN affiliation_organisations ON "
    "affiliation_organisations.affiliation_id = authorship_affiliations.affiliation_id WHERE "
    "person_papers.person_id = :id AND authorships.person_id = :id GROUP BY "
    "affiliation_organisations.organisation_id"
)
ORGANISATIONS_AMONG = (
    "SELECT organisations.id, organisations.\"key\", organisations.name, organisations.resolved_name, "
    "organisations.url, organisations.joined_id FROM json_each(:ids) AS listed CROSS JOIN organisations "
    "ON organisations.id = listed.value"
)

# paper_changes
SEQ_TO_DERIVE = (
    "SELECT max(portion.seq) AS max_1 FROM (SELECT changes.seq AS seq FROM changes WHERE changes.seq > "
    ":after ORDER BY changes.seq LIMIT :most OFFSET 0) AS portion"
)
TO_DERIVE = (
    "SELECT DISTINCT changes.paper_id FROM changes WHERE changes.seq > :after AND changes.seq <= :upto "
    "AND ((EXISTS (SELECT versions.n FROM versions WHERE versions.paper_id = changes.paper_id)) OR "
    "(EXISTS (SELECT paper_changes.at FROM paper_changes WHERE paper_changes.paper_id = "
    "changes.paper_id)))"
)
CONTENTS = (
    "SELECT versions.paper_id, versions.recorded_at, versions.content FROM json_each(:ids) AS listed "
    "CROSS JOIN versions ON versions.paper_id = listed.value ORDER BY versions.paper_id, versions.n"
)
UNSEEN_CHANGES = (
    "SELECT reader_papers.paper_id, CASE WHEN (coalesce(change_marks.seen_at, '') > "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at)) THEN change_marks.seen_at ELSE "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at) END AS since, paper_changes.at, "
    "paper_changes.what, coalesce(change_marks.mailed_at, '') AS mailed_at FROM reader_papers LEFT OUTER "
    "JOIN change_marks ON change_marks.reader_id = reader_papers.reader_id AND change_marks.paper_id = "
    "reader_papers.paper_id JOIN paper_changes ON paper_changes.paper_id = reader_papers.paper_id AND "
    "paper_changes.at > CASE WHEN (coalesce(change_marks.seen_at, '') > coalesce(reader_papers.saved_at, "
    "reader_papers.opened_at)) THEN change_marks.seen_at ELSE coalesce(reader_papers.saved_at, "
    "reader_papers.opened_at) END WHERE reader_papers.reader_id = :reader_id AND "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at) IS NOT NULL UNION ALL SELECT "
    "reader_papers.paper_id, CASE WHEN (coalesce(change_marks.seen_at, '') > "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at)) THEN change_marks.seen_at ELSE "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at) END AS since, paper_links.at, 'code' AS "
    "what, coalesce(change_marks.mailed_at, '') AS mailed_at FROM reader_papers LEFT OUTER JOIN "
    "change_marks ON change_marks.reader_id = reader_papers.reader_id AND change_marks.paper_id = "
    "reader_papers.paper_id JOIN paper_links ON paper_links.paper_id = reader_papers.paper_id AND "
    "paper_links.kind = 'code' AND paper_links.at > CASE WHEN (coalesce(change_marks.seen_at, '') > "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at)) THEN change_marks.seen_at ELSE "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at) END AND NOT (EXISTS (SELECT earlier.id "
    "FROM paper_links AS earlier WHERE earlier.paper_id = reader_papers.paper_id AND earlier.kind = "
    "'code' AND earlier.at <= CASE WHEN (coalesce(change_marks.seen_at, '') > "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at)) THEN change_marks.seen_at ELSE "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at) END)) WHERE reader_papers.reader_id = "
    ":reader_id AND coalesce(reader_papers.saved_at, reader_papers.opened_at) IS NOT NULL"
)
UNSEEN_CHANGES_OF_PAPER = (
    "SELECT reader_papers.paper_id, CASE WHEN (coalesce(change_marks.seen_at, '') > "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at)) THEN change_marks.seen_at ELSE "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at) END AS since, paper_changes.at, "
    "paper_changes.what, coalesce(change_marks.mailed_at, '') AS mailed_at FROM reader_papers LEFT OUTER "
    "JOIN change_marks ON change_marks.reader_id = reader_papers.reader_id AND change_marks.paper_id = "
    "reader_papers.paper_id JOIN paper_changes ON paper_changes.paper_id = reader_papers.paper_id AND "
    "paper_changes.at > CASE WHEN (coalesce(change_marks.seen_at, '') > coalesce(reader_papers.saved_at, "
    "reader_papers.opened_at)) THEN change_marks.seen_at ELSE coalesce(reader_papers.saved_at, "
    "reader_papers.opened_at) END WHERE reader_papers.reader_id = :reader_id AND "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at) IS NOT NULL AND reader_papers.paper_id = "
    ":paper_id UNION ALL SELECT reader_papers.paper_id, CASE WHEN (coalesce(change_marks.seen_at, '') > "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at)) THEN change_marks.seen_at ELSE "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at) END AS since, paper_links.at, 'code' AS "
    "what, coalesce(change_marks.mailed_at, '') AS mailed_at FROM reader_papers LEFT OUTER JOIN "
    "change_marks ON change_marks.reader_id = reader_papers.reader_id AND change_marks.paper_id = "
    "reader_papers.paper_id JOIN paper_links ON paper_links.paper_id = reader_papers.paper_id AND "
    "paper_links.kind = 'code' AND paper_links.at > CASE WHEN (coalesce(change_marks.seen_at, '') > "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at)) THEN change_marks.seen_at ELSE "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at) END AND NOT (EXISTS (SELECT earlier.id "
    "FROM paper_links AS earlier WHERE earlier.paper_id = reader_papers.paper_id AND earlier.kind = "
    "'code' AND earlier.at <= CASE WHEN (coalesce(change_marks.seen_at, '') > "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at)) THEN change_marks.seen_at ELSE "
    "coalesce(reader_papers.saved_at, reader_papers.opened_at) END)) WHERE reader_papers.reader_id = "
    ":reader_id AND coalesce(reader_papers.saved_at, reader_papers.opened_at) IS NOT NULL AND "
    "reader_papers.paper_id = :paper_id"
)

# papers
PAPER_ROWS = (
    "SELECT papers.id, papers.title, papers.abstract, papers.summary, papers.authors, papers.venue, "
    "papers.keywords, papers.year, papers.day, papers.added_at, papers.content FROM papers WHERE "
    "papers.id IN (SELECT value FROM json_each(:ids))"
)
PAPER_ROW = (
    "SELECT papers.id, papers.title, papers.abstract, papers.summary, papers.authors, papers.venue, "
    "papers.keywords, papers.year, papers.day, papers.added_at, papers.content FROM papers WHERE "
    "papers.id = :paper_id"
)
PAPER_ROWS_AFTER = (
    "SELECT papers.id, papers.title, papers.abstract, papers.summary, papers.authors, papers.venue, "
    "papers.keywords, papers.year, papers.day, papers.added_at, papers.content FROM papers WHERE "
    "papers.id > :after ORDER BY papers.id LIMIT :most OFFSET 0"
)
PAPER_COUNT = "SELECT count(*) AS count_1 FROM papers"
PAPER_IDS = "SELECT group_concat(papers.id, ',') AS aggregate_strings_1 FROM papers"
LAST_ADDED = "SELECT papers.added_at FROM papers ORDER BY papers.id DESC LIMIT 1 OFFSET 0"
LAST_NUMBER = "SELECT sqlite_sequence.seq FROM sqlite_sequence WHERE sqlite_sequence.name = :of"
ADDED_UP_TO = (
    "SELECT papers.id, papers.added_at FROM papers WHERE papers.id <= :most ORDER BY papers.id DESC LIMIT"
    " 1 OFFSET 0"
)
DOCUMENTS = (
    "SELECT papers.id, papers.title, papers.abstract, papers.summary, papers.authors, papers.venue, "
    "papers.keywords, papers.year, papers.day, json_extract(papers.content, '$.categories') AS "
    "categories, instr(papers.content, 'github.com/') OR instr(papers.content, 'gitlab.com/') OR "
    "instr(papers.content, 'bitbucket.org/') OR instr(papers.content, 'codeberg.org/') OR "
    "instr(papers.content, 'huggingface.co/spaces/') OR instr(papers.content, 'paperswithcode.com/') AS "
    "links_code FROM json_each(:ids) AS listed CROSS JOIN papers ON papers.id = listed.value ORDER BY "
    "papers.id"
)
DOCUMENTS_AFTER = (
    "SELECT papers.id, papers.title, papers.abstract, papers.summary, papers.authors, papers.venue, "
    "papers.keywords, papers.year, papers.day, json_extract(papers.content, '$.categories') AS "
    "categories, instr(papers.content, 'github.com/') OR instr(papers.content, 'gitlab.com/') OR "
    "instr(papers.content, 'bitbucket.org/') OR instr(papers.content, 'codeberg.org/') OR "
    "instr(papers.content, 'huggingface.co/spaces/') OR instr(papers.content, 'paperswithcode.com/') AS "
    "links_code FROM papers WHERE papers.id > :after ORDER BY papers.id LIMIT :most OFFSET 0"
)
CATEGORIES = (
    "SELECT papers.id, json_extract(papers.content, '$.categories') AS categories FROM json_each(:ids) AS"
    " listed CROSS JOIN papers ON papers.id = listed.value"
)
SOURCE_IDS = (
    "SELECT source_records.paper_id, source_records.source, source_records.source_id FROM json_each(:ids)"
    " AS listed CROSS JOIN source_records ON source_records.paper_id = listed.value ORDER BY "
    "source_records.id"
)
SOURCES = (
    "SELECT source_records.paper_id, source_records.id, source_records.source, source_records.source_id, "
    "source_records.fetched_at, source_records.place, source_records.content FROM json_each(:ids) AS "
    "listed CROSS JOIN source_records ON source_records.paper_id = listed.value ORDER BY "
    "source_records.id"
)
SOURCES_OF_PAPER = (
    "SELECT source_records.source, source_records.source_id, source_records.fetched_at, "
    "source_records.place, source_records.content FROM source_records WHERE source_records.paper_id = "
    ":paper_id ORDER BY source_records.id"
)
SOURCE_COUNTS = (
    "SELECT source_records.source, count(DISTINCT source_records.paper_id) AS count_1 FROM source_records"
    " GROUP BY source_records.source"
)
SEVERAL_SOURCES = (
    "SELECT source_records.paper_id FROM source_records GROUP BY source_records.paper_id HAVING "
    "count(source_records.id) > 1"
)
VERSIONS_OF_PAPER = (
    "SELECT versions.n, versions.recorded_at, versions.content FROM versions WHERE versions.paper_id = "
    ":paper_id ORDER BY versions.n"
)
PAPERS_BY_IDENTIFIER = (
    "SELECT identifiers.value, identifiers.paper_id FROM json_each(:values) AS listed CROSS JOIN "
    "identifiers ON identifiers.scheme = :scheme AND identifiers.value = listed.value"
)
PAPERS_BY_SOURCE_ID = (
    "SELECT source_records.source_id, min(source_records.paper_id) AS min_1 FROM json_each(:values) AS "
    "listed CROSS JOIN source_records ON source_records.source_id = listed.value GROUP BY "
    "source_records.source_id"
)
HAVING_ABSTRACT = "SELECT papers.id FROM papers WHERE papers.abstract != ''"
HAVING_ARXIV = "SELECT identifiers.paper_id FROM identifiers WHERE identifiers.scheme IN ('arxiv')"
HAVING_DOI = "SELECT identifiers.paper_id FROM identifiers WHERE identifiers.scheme IN ('doi')"
HAVING_PDF = (
    "SELECT papers.id FROM papers WHERE papers.content LIKE '%.pdf%' OR papers.content LIKE "
    "'%\"pdf_url\":%' AND json_extract(papers.content, '$.pdf_url') != '' UNION SELECT identifiers.paper_id"
    " FROM identifiers WHERE identifiers.scheme IN ('arxiv', 'acl', 'openreview')"
)
CITATIONS = (
    "SELECT papers.id, json_extract(papers.content, '$.citations') AS anon_1 FROM papers WHERE "
    "papers.content LIKE '%\"citations\":%' AND json_extract(papers.content, '$.citations') IS NOT NULL"
)
PEOPLE_BY_KEY = (
    "SELECT people.\"key\", people.id, people.name FROM json_each(:values) AS listed CROSS JOIN people ON "
    "people.\"key\" = listed.value"
)
PERSON_IDS = "SELECT people.id FROM people"
LAST_PERSON = "SELECT coalesce(max(people.id), 0) AS coalesce_1 FROM people"
AFFILIATIONS_BY_NAME = (
    "SELECT affiliations.name, affiliations.id FROM json_each(:values) AS listed CROSS JOIN affiliations "
    "ON affiliations.name = listed.value"
)
LAST_AFFILIATION = "SELECT coalesce(max(affiliations.id), 0) AS coalesce_1 FROM affiliations"

# readers
READERS = "SELECT readers.id, readers.name, readers.created_at, readers.settings FROM readers ORDER BY readers.id"
READER = "SELECT readers.id, readers.name, readers.created_at, readers.settings FROM readers WHERE readers.name = :name"
LAST_EVENT_OF_READER = "SELECT readers.last_event FROM readers WHERE readers.id = :reader_id"
READER_IDS = "SELECT readers.id FROM readers"
COLLECTION_ID = (
    "SELECT collections.id FROM collections WHERE collections.reader_id = :reader_id AND collections.name"
    " = :name"
)
COLLECTION = (
    "SELECT collections.reader_id, collections.name, collections.created_at, collections.sections, "
    "collections.link_key FROM collections WHERE collections.id = :collection_id"
)
COLLECTION_PAPERS = (
    "SELECT collection_papers.paper_id, collection_papers.added_at, collection_papers.position, "
    "collection_papers.section, collection_papers.remark FROM collection_papers WHERE "
    "collection_papers.collection_id = :collection_id"
)
LAST_PLACE = (
    "SELECT coalesce(max(collection_papers.position), 0) AS coalesce_1 FROM collection_papers WHERE "
    "collection_papers.collection_id = :collection_id"
)
COLLECTIONS_OF_READER = (
    "SELECT collections.name, collection_papers.paper_id FROM collections LEFT OUTER JOIN "
    "collection_papers ON collection_papers.collection_id = collections.id WHERE collections.reader_id = "
    ":reader_id ORDER BY collections.name, collection_papers.position, collection_papers.added_at, "
    "collection_papers.paper_id"
)
COLLECTION_IDS = "SELECT collections.id FROM collections"
LAST_EVENT = "SELECT coalesce(max(events.id), 0) AS coalesce_1 FROM events"
LAST_ACTION_OF_READER = (
    "SELECT coalesce(max(events.id), 0) AS coalesce_1 FROM events WHERE events.reader_id = :reader_id AND"
    " events.kind != 'impression'"
)
HISTORY = (
    "SELECT events.id, events.kind, events.at, events.value, events.undoes FROM events WHERE "
    "events.reader_id = :reader_id AND events.paper_id = :paper_id AND events.kind != 'impression' ORDER "
    "BY events.id"
)
LOG_OF_READER = (
    "SELECT events.id, events.kind, events.paper_id, events.at, events.position, events.value, "
    "events.undoes, events.propensity, events.policy FROM events WHERE events.reader_id = :reader_id "
    "ORDER BY events.id"
)
LAST_UNDOABLE = (
    "SELECT events.id, events.kind, events.paper_id, events.position, events.policy, events.value, "
    "events.at FROM events WHERE events.reader_id = :reader_id AND events.kind != 'impression' AND "
    "events.kind IN ('save', 'unsave', 'up', 'down', 'unrate', 'hide', 'unhide', 'tag', 'untag') AND "
    "events.undoes IS NULL AND events.policy != 'bridge' AND NOT (EXISTS (SELECT * FROM events AS undoing"
    " WHERE undoing.undoes = events.id)) AND (EXISTS (SELECT * FROM papers WHERE papers.id = "
    "events.paper_id)) ORDER BY events.id DESC LIMIT 1 OFFSET 0"
)
PAPERS_TOUCHED = (
    "SELECT reader_papers.paper_id, reader_papers.saved_at, reader_papers.rating, reader_papers.hidden, "
    "reader_papers.opened_at FROM reader_papers INDEXED BY reader_papers_touched WHERE "
    "reader_papers.reader_id = :reader_id AND (reader_papers.saved_at IS NOT NULL OR reader_papers.rating"
    " != 0 OR reader_papers.hidden != 0 OR reader_papers.opened_at IS NOT NULL)"
)
USES = (
    "SELECT reader_papers.paper_id, count(*) AS count_1 FROM reader_papers WHERE reader_papers.saved_at "
    "IS NOT NULL OR reader_papers.rating > 0 OR reader_papers.opened_at IS NOT NULL GROUP BY "
    "reader_papers.paper_id"
)
PAPERS_SEEN = (
    "SELECT group_concat(reader_papers.paper_id, ',') AS aggregate_strings_1, group_concat(CASE WHEN "
    "(reader_papers.last_seen_day >= :today) THEN reader_papers.days_seen - 1 ELSE "
    "reader_papers.days_seen END, ',') AS aggregate_strings_2 FROM reader_papers WHERE "
    "reader_papers.reader_id = :reader_id AND CASE WHEN (reader_papers.last_seen_day >= :today) THEN "
    "reader_papers.days_seen - 1 ELSE reader_papers.days_seen END > 0"
)
TAGS_OF_READER = (
    "SELECT reader_tags.tag, reader_tags.paper_id FROM reader_tags WHERE reader_tags.reader_id = "
    ":reader_id"
)
SHOWN_ON = (
    "SELECT events.paper_id FROM events WHERE events.reader_id = :reader_id AND events.kind = "
    "'impression' AND events.at >= :first AND events.at < :following GROUP BY events.paper_id ORDER BY "
    "min(coalesce(events.position, 1000000)), min(events.id)"
)
LAST_SHOWN = (
    "SELECT events.at FROM events WHERE events.reader_id = :reader_id AND events.kind = 'impression' AND "
    "events.at < :before AND (events.policy NOT IN ('mail', 'program')) ORDER BY events.at DESC LIMIT 1 "
    "OFFSET 0"
)
DAYS_AROUND = (
    "SELECT max(reader_days.day) FILTER (WHERE reader_days.day < :day) AS anon_1, min(reader_days.day) "
    "FILTER (WHERE reader_days.day > :day) AS anon_2 FROM reader_days WHERE reader_days.reader_id = "
    ":reader_id"
)
EVENTS_OF_PAPERS = (
    "SELECT events.id, events.reader_id, events.paper_id, events.kind, events.at, events.value, "
    "events.undoes FROM events WHERE events.paper_id IN (SELECT value FROM json_each(:ids)) ORDER BY "
    "events.id"
)
READERS_OF_EVENTS = (
    "SELECT DISTINCT events.reader_id, events.paper_id FROM events WHERE events.paper_id IN (SELECT value"
    " FROM json_each(:ids))"
)
READERS_OF_PAPER = (
    "SELECT reader_papers.reader_id, reader_papers.paper_id FROM reader_papers WHERE "
    "reader_papers.paper_id = :paper_id"
)

# receptions
LINKS_OF_PAPERS = (
    "SELECT paper_links.paper_id, paper_links.kind, paper_links.url, paper_links.title, paper_links.\"by\" "
    "FROM json_each(:ids) AS listed CROSS JOIN paper_links ON paper_links.paper_id = listed.value ORDER "
    "BY paper_links.paper_id, paper_links.id"
)
LISTINGS_OF_PAPERS = (
    "SELECT listings.paper_id, listings.place, listings.day, listings.at, listings.\"by\" FROM "
    "json_each(:ids) AS listed CROSS JOIN listings ON listings.paper_id = listed.value ORDER BY "
    "listings.paper_id, listings.day, listings.place"
)
SUBMITTED_BY = (
    "SELECT edition_papers.day, edition_papers.paper_id FROM edition_papers LEFT OUTER JOIN listings ON "
    "edition_papers.paper_id = listings.paper_id WHERE CASE WHEN (edition_papers.via = 'source') THEN "
    "lower(listings.\"by\") ELSE lower(edition_papers.\"by\") END = lower(:name) GROUP BY "
    "edition_papers.paper_id ORDER BY edition_papers.day DESC, edition_papers.place, "
    "edition_papers.entered_at"
)

# saved_searches
SAVED_SEARCHES = (
    "SELECT saved_searches.id, saved_searches.name, saved_searches.search, saved_searches.created_at, "
    "saved_searches.seen_at, saved_searches.seen_paper FROM saved_searches WHERE saved_searches.reader_id"
    " = :reader_id ORDER BY saved_searches.name"
)

# steering
INTERESTS = (
    "SELECT interests.id, interests.name, interests.kind, interests.value, interests.weight, "
    "interests.quota, interests.state, interests.named, interests.created_at FROM interests WHERE "
    "interests.reader_id = :reader_id ORDER BY interests.id"
)
INTEREST_PAPERS = (
    "SELECT interest_papers.interest_id, interest_papers.paper_id FROM interest_papers JOIN interests ON "
    "interests.id = interest_papers.interest_id WHERE interests.reader_id = :reader_id ORDER BY "
    "interest_papers.interest_id, interest_papers.paper_id"
)
MUTES = (
    "SELECT mutes.kind, mutes.value, mutes.created_at FROM mutes WHERE mutes.reader_id = :reader_id ORDER"
    " BY mutes.id"
)
STEERING_CHANGES = (
    "SELECT steering_changes.id, steering_changes.at, steering_changes.label, steering_changes.earlier "
    "FROM steering_changes WHERE steering_changes.reader_id = :reader_id ORDER BY steering_changes.id "
    "DESC LIMIT :most OFFSET 0"
)

# submissions
SUBMISSIONS_OF_PAPER = (
    "SELECT submissions.id, submissions.paper_id, submissions.account_id, submissions.at, "
    "submissions.reason, submissions.picture_id, submissions.hidden_at, submissions.hidden_reason, "
    "readers.name FROM submissions LEFT OUTER JOIN accounts ON accounts.id = submissions.account_id LEFT "
    "OUTER JOIN readers ON readers.id = accounts.reader_id WHERE submissions.paper_id = :paper_id ORDER "
    "BY submissions.id"
)
SUBMISSION = (
    "SELECT submissions.id, submissions.paper_id, submissions.account_id, submissions.at, "
    "submissions.reason, submissions.picture_id, submissions.hidden_at, submissions.hidden_reason, "
    "readers.name FROM submissions LEFT OUTER JOIN accounts ON accounts.id = submissions.account_id LEFT "
    "OUTER JOIN readers ON readers.id = accounts.reader_id WHERE submissions.id = :number"
)
SUBMISSIONS_OF_ACCOUNT = (
    "SELECT submissions.id, submissions.paper_id, submissions.account_id, submissions.at, "
    "submissions.reason, submissions.picture_id, submissions.hidden_at, submissions.hidden_reason, "
    "readers.name FROM submissions LEFT OUTER JOIN accounts ON accounts.id = submissions.account_id LEFT "
    "OUTER JOIN readers ON readers.id = accounts.reader_id WHERE submissions.account_id = :account_id "
    "ORDER BY submissions.id DESC LIMIT :most OFFSET 0"
)
PICTURE_BY_HASH = "SELECT pictures.id FROM pictures WHERE pictures.sha256 = :sha256"
PICTURE = (
    "SELECT pictures.media_type, pictures.content, pictures.sha256, EXISTS (SELECT * FROM submissions "
    "WHERE submissions.picture_id = pictures.id AND submissions.hidden_at IS NULL) AS anon_1 FROM "
    "pictures WHERE pictures.id = :number"
)
PICTURES_OF_PAPERS = (
    "SELECT submissions.paper_id, submissions.picture_id FROM json_each(:ids) AS listed CROSS JOIN "
    "submissions ON submissions.paper_id = listed.value WHERE submissions.picture_id IS NOT NULL AND "
    "submissions.hidden_at IS NULL ORDER BY submissions.id"
)

# summaries
WRITTEN_SUMMARIES = (
    "SELECT written_summaries.text_key, written_summaries.summary FROM written_summaries WHERE "
    "written_summaries.text_key IN (SELECT value FROM json_each(:keys))"
)
SUMMARIES_SINCE = "SELECT count(*) AS count_1 FROM written_summaries WHERE written_summaries.made_at >= :since"
SEEN_LATELY = "SELECT events.paper_id FROM events ORDER BY events.id DESC LIMIT :most OFFSET 0"

# trending
COUNTED_VOTES = (
    "SELECT votes.paper_id, votes.reader_id, CASE WHEN (votes.page IN ('paper', 'mail')) THEN "
    "coalesce(votes.position, 0) ELSE votes.position END AS anon_1, vote_decisions.counted IS NOT NULL AS"
    " anon_2 FROM json_each(:ids) AS listed CROSS JOIN votes ON votes.paper_id = listed.value LEFT OUTER "
    "JOIN vote_decisions ON vote_decisions.reader_id = votes.reader_id AND vote_decisions.paper_id = "
    "votes.paper_id WHERE votes.counted = 1 ORDER BY votes.id"
)
SAVES_WITHOUT_VOTE = (
    "SELECT reader_papers.paper_id, count(*) AS count_1 FROM json_each(:ids) AS listed CROSS JOIN "
    "reader_papers ON reader_papers.paper_id = listed.value WHERE reader_papers.saved_at IS NOT NULL AND "
    "NOT (EXISTS (SELECT * FROM votes WHERE votes.reader_id = reader_papers.reader_id AND votes.paper_id "
    "= reader_papers.paper_id)) GROUP BY reader_papers.paper_id"
)
EXPOSURES_OF_PAPERS = (
    "SELECT exposures.paper_id, exposures.position, sum(exposures.shown) AS sum_1 FROM json_each(:ids) AS"
    " listed CROSS JOIN exposures ON exposures.paper_id = listed.value GROUP BY exposures.paper_id, "
    "exposures.position"
)
COMMENTERS = (
    "SELECT comments.paper_id, count(DISTINCT comments.account_id) AS count_1 FROM json_each(:ids) AS "
    "listed CROSS JOIN comments ON comments.paper_id = listed.value WHERE comments.reader_id IS NULL AND "
    "comments.group_id IS NULL AND comments.deleted_at IS NULL AND comments.hidden_at IS NULL AND NOT "
    "(EXISTS (SELECT * FROM submissions WHERE submissions.paper_id = comments.paper_id AND "
    "submissions.account_id = comments.account_id)) GROUP BY comments.paper_id"
)
COUNTS_OF_PAPERS = (
    "SELECT paper_counts.paper_id, paper_counts.source, paper_counts.kind, paper_counts.day, "
    "paper_counts.value FROM json_each(:ids) AS listed CROSS JOIN paper_counts ON paper_counts.paper_id ="
    " listed.value ORDER BY paper_counts.paper_id, paper_counts.source, paper_counts.kind, "
    "paper_counts.day"
)
ENTRY_TIMES = (
    "SELECT edition_papers.paper_id, edition_papers.entered_at FROM json_each(:ids) AS listed CROSS JOIN "
    "edition_papers ON edition_papers.paper_id = listed.value"
)
VOTERS_BY_DAY = (
    "SELECT substr(votes.at, 1, 10) AS substr_1, count(DISTINCT votes.reader_id) AS count_1 FROM votes "
    "WHERE votes.at >= :since AND votes.at <= :until AND votes.counted = 1 GROUP BY substr(votes.at, 1, "
    "10)"
)
RECENTLY_LIKED = (
    "SELECT votes.paper_id FROM votes WHERE votes.at >= :since AND votes.counted = 1 UNION SELECT "
    "reader_papers.paper_id FROM reader_papers WHERE reader_papers.saved_at >= :since"
)
SHOWN_BY_POSITION = (
    "SELECT exposures.paper_id, exposures.position, sum(exposures.shown) AS sum_1 FROM exposures WHERE "
    "exposures.day >= :since GROUP BY exposures.paper_id, exposures.position"
)
LAST_VOTE = "SELECT coalesce(max(votes.id), 0) AS coalesce_1 FROM votes"
VOTES_BY_POSITION = (
    "SELECT votes.paper_id, CASE WHEN (votes.page IN ('paper', 'mail')) THEN coalesce(votes.position, 0) "
    "ELSE votes.position END AS anon_1, count(*) AS count_1 FROM votes WHERE votes.at >= :since AND CASE "
    "WHEN (votes.page IN ('paper', 'mail')) THEN coalesce(votes.position, 0) ELSE votes.position END IS "
    "NOT NULL AND votes.counted = 1 GROUP BY votes.paper_id, CASE WHEN (votes.page IN ('paper', 'mail')) "
    "THEN coalesce(votes.position, 0) ELSE votes.position END"
)
VOTERS_SINCE = "SELECT votes.paper_id, votes.reader_id FROM votes WHERE votes.at >= :since AND votes.counted = 1"
MEMBERSHIPS = (
    "SELECT accounts.id, accounts.reader_id, accounts.joined_at, accounts.invited_by FROM accounts ORDER "
    "BY accounts.id"
)

# votes
VOTE = (
    "SELECT votes.reader_id, readers.name, votes.paper_id, votes.at, votes.page, votes.position, "
    "votes.counted, votes.why_not FROM votes JOIN readers ON readers.id = votes.reader_id WHERE "
    "votes.reader_id = :reader_id AND votes.paper_id = :paper_id"
)
VOTES_OF_PAPER = (
    "SELECT votes.reader_id, readers.name, votes.paper_id, votes.at, votes.page, votes.position, "
    "votes.counted, votes.why_not FROM votes JOIN readers ON readers.id = votes.reader_id WHERE "
    "votes.paper_id = :paper_id ORDER BY votes.id"
)
VOTES_OF_READER = (
    "SELECT votes.reader_id, readers.name, votes.paper_id, votes.at, votes.page, votes.position, "
    "votes.counted, votes.why_not FROM votes JOIN readers ON readers.id = votes.reader_id WHERE "
    "votes.reader_id = :reader_id AND (EXISTS (SELECT * FROM papers WHERE papers.id = votes.paper_id)) "
    "ORDER BY votes.id DESC LIMIT :most OFFSET 0"
)
VOTED_BY_READER = (
    "SELECT votes.paper_id, votes.counted, votes.why_not FROM json_each(:ids) AS listed CROSS JOIN votes "
    "ON votes.reader_id = :reader_id AND votes.paper_id = listed.value"
)
ALL_VOTE_COUNTS = (
    "SELECT votes.paper_id, count(*) AS count_1 FROM votes WHERE votes.counted = 1 GROUP BY "
    "votes.paper_id"
)
VOTE_COUNTS = (
    "SELECT votes.paper_id, count(*) AS count_1 FROM json_each(:ids) AS listed CROSS JOIN votes ON "
    "votes.paper_id = listed.value WHERE votes.counted = 1 GROUP BY votes.paper_id"
)
VOTERS = (
    "SELECT readers.name FROM votes JOIN readers ON readers.id = votes.reader_id JOIN accounts ON "
    "accounts.reader_id = readers.id WHERE votes.paper_id = :paper_id AND votes.counted = 1 AND "
    "accounts.show_votes = 1 ORDER BY votes.id LIMIT :most OFFSET 0"
)
DECISIONS_OF_PAPER = (
    "SELECT vote_decisions.reader_id, vote_decisions.counted, vote_decisions.reason, vote_decisions.\"by\","
    " vote_decisions.at FROM vote_decisions WHERE vote_decisions.paper_id = :paper_id"
)
ALL_VOTES_ELSEWHERE = (
    "SELECT paper_counts.paper_id, sum(paper_counts.value) AS sum_1 FROM paper_counts WHERE "
    "paper_counts.kind = 'votes' AND NOT (EXISTS (SELECT * FROM paper_counts AS newer WHERE "
    "newer.paper_id = paper_counts.paper_id AND newer.source = paper_counts.source AND newer.kind = "
    "'votes' AND newer.day > paper_counts.day)) GROUP BY paper_counts.paper_id"
)
VOTES_ELSEWHERE = (
    "SELECT paper_counts.paper_id, sum(paper_counts.value) AS sum_1 FROM json_each(:ids) AS listed CROSS "
    "JOIN paper_counts ON paper_counts.paper_id = listed.value WHERE paper_counts.kind = 'votes' AND NOT "
    "(EXISTS (SELECT * FROM paper_counts AS newer WHERE newer.paper_id = paper_counts.paper_id AND "
    "newer.source = paper_counts.source AND newer.kind = 'votes' AND newer.day > paper_counts.day)) GROUP"
    " BY paper_counts.paper_id"
)
VOTES_TO_JUDGE = (
    "SELECT votes.id, votes.reader_id, votes.counted, votes.why_not, vote_decisions.counted AS counted_1,"
    " vote_decisions.reason, papers.authors FROM json_each(:ids) AS listed CROSS JOIN votes ON "
    "votes.paper_id = listed.value JOIN papers ON papers.id = votes.paper_id LEFT OUTER JOIN "
    "vote_decisions ON vote_decisions.reader_id = votes.reader_id AND vote_decisions.paper_id = "
    "votes.paper_id"
)
PAPERS_VOTED_BY = "SELECT votes.paper_id FROM votes WHERE votes.reader_id = :reader_id"
NAMES_OF_READERS = (
    "SELECT accounts.reader_id, accounts.full_name FROM json_each(:ids) AS listed CROSS JOIN accounts ON "
    "accounts.reader_id = listed.value WHERE accounts.full_name != '' UNION ALL SELECT "
    "accounts.reader_id, author_claims.name FROM json_each(:ids) AS listed CROSS JOIN accounts ON "
    "accounts.reader_id = listed.value JOIN author_claims ON author_claims.account_id = accounts.id WHERE"
    " author_claims.state = 'confirmed'"
)

# webhooks
WEBHOOKS = (
    "SELECT webhooks.id, webhooks.name, webhooks.url, webhooks.shape, webhooks.created_at FROM webhooks "
    "ORDER BY webhooks.name"
)
