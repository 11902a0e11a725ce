"""Plain names of arXiv's categories."""

# long: one line a category

from __future__ import annotations

__all__ = ["NAMES"]

_TABLE = """
astro-ph Astrophysics
astro-ph.CO Cosmology
astro-ph.EP Planets
astro-ph.GA Galaxies
astro-ph.HE High-energy astrophysics
astro-ph.IM Instruments of astrophysics
astro-ph.SR Stars
cond-mat Condensed matter
cond-mat.dis-nn Disordered systems
cond-mat.mes-hall Mesoscopic physics
cond-mat.mtrl-sci Materials science
cond-mat.other Condensed matter
cond-mat.quant-gas Quantum gases
cond-mat.soft Soft matter
cond-mat.stat-mech Statistical mechanics
cond-mat.str-el Correlated electrons
cond-mat.supr-con Superconductivity
cs Computer science
cs.AI Artificial intelligence
cs.AR Hardware architecture
cs.CC Complexity
cs.CE Computational engineering
cs.CG Computational geometry
cs.CL Language
cs.CR Cryptography and security
cs.CV Computer vision
cs.CY Computers and society
cs.DB Databases
cs.DC Distributed computing
cs.DL Digital libraries
cs.DM Discrete mathematics
cs.DS Algorithms
cs.ET Emerging technologies
cs.FL Formal languages
cs.GL General literature
cs.GR Graphics
cs.GT Game theory
cs.HC Human-computer interaction
cs.IR Information retrieval
cs.IT Information theory
cs.LG Machine learning
cs.LO Logic in computer science
cs.MA Multi-agent systems
cs.MM Multimedia
cs.MS Mathematical software
cs.NA Numerical analysis
cs.NE Neural computing
cs.NI Networks
cs.OH Other computer science
cs.OS Operating systems
cs.PF Performance
cs.PL Programming languages
cs.RO Robotics
cs.SC Symbolic computation
cs.SD Sound
cs.SE Software engineering
cs.SI Social networks
cs.SY Systems and control
econ Economics
econ.EM Econometrics
econ.GN General economics
econ.TH Economic theory
eess Electrical engineering
eess.AS Speech and audio
eess.IV Image and video processing
eess.SP Signal processing
eess.SY Systems and control
gr-qc General relativity
hep-ex High-energy experiment
hep-lat Lattice field theory
hep-ph High-energy phenomenology
hep-th High-energy theory
math Mathematics
math.AC Commutative algebra
math.AG Algebraic geometry
math.AP Partial differential equations
math.AT Algebraic topology
math.CA Classical analysis
math.CO Combinatorics
math.CT Category theory
math.CV Complex variables
math.DG Differential geometry
math.DS Dynamical systems
math.FA Functional analysis
math.GM General mathematics
math.GN General topology
math.GR Group theory
math.GT Geometric topology
math.HO History of mathematics
math.IT Information theory
math.KT K-theory
math.LO Mathematical logic
math.MG Metric geometry
math.MP Mathematical physics
math.NA Numerical analysis
math.NT Number theory
math.OA Operator algebras
math.OC Optimization
math.PR Probability
math.QA Quantum algebra
math.RA Rings and algebras
math.RT Representation theory
math.SG Symplectic geometry
math.SP Spectral theory
math.ST Statistics theory
math-ph Mathematical physics
nlin Nonlinear science
nlin.AO Adaptation and self-organisation
nlin.CD Chaotic dynamics
nlin.CG Cellular automata
nlin.PS Patterns and solitons
nlin.SI Integrable systems
nucl-ex Nuclear experiment
nucl-th Nuclear theory
physics Physics
physics.acc-ph Accelerators
physics.ao-ph Atmosphere and oceans
physics.app-ph Applied physics
physics.atm-clus Atomic clusters
physics.atom-ph Atomic physics
physics.bio-ph Biological physics
physics.chem-ph Chemical physics
physics.class-ph Classical physics
physics.comp-ph Computational physics
physics.data-an Data analysis
physics.ed-ph Physics education
physics.flu-dyn Fluid dynamics
physics.gen-ph General physics
physics.geo-ph Geophysics
physics.hist-ph History of physics
physics.ins-det Detectors
physics.med-ph Medical physics
physics.optics Optics
physics.plasm-ph Plasma physics
physics.pop-ph Popular physics
physics.soc-ph Physics and society
physics.space-ph Space physics
q-bio Biology
q-bio.BM Biomolecules
q-bio.CB Cell behaviour
q-bio.GN Genomics
q-bio.MN Molecular networks
q-bio.NC Neurons and cognition
q-bio.OT Other biology
q-bio.PE Populations and evolution
q-bio.QM Quantitative biology
q-bio.SC Subcellular processes
q-bio.TO Tissues and organs
q-fin Finance
q-fin.CP Computational finance
q-fin.EC Economics
q-fin.GN General finance
q-fin.MF Mathematical finance
q-fin.PM Portfolios
q-fin.PR Pricing
q-fin.RM Risk
q-fin.ST Statistical finance
q-fin.TR Trading
quant-ph Quantum physics
stat Statistics
stat.AP Applied statistics
stat.CO Statistical computing
stat.ME Statistical methods
stat.ML Machine learning
stat.OT Other statistics
stat.TH Statistics theory
"""
NAMES = {category: name for category, _, name in (line.partition(" ") for line in _TABLE.split("\n") if line)}
"""Category → name; a category without a name of its own has that of its archive, the part before the dot."""
