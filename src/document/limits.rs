//! Caps on files that are read as trees of values, each with its reason. Reaching one is an error of its own.

/// Bytes of one file. The largest bundles of Kubernetes manifests have some megabytes, a CloudFormation template at most one.
pub(crate) const BYTES: usize = 64 * 1024 * 1024;

/// Values of one file, over all its documents. Each takes about a hundred bytes of memory; a manifest of 3,000 lines has 5,000.
pub(crate) const NODES: usize = 1_000_000;

/// Documents of one file. A rendered chart of everything that a cluster runs has some hundreds.
pub(crate) const DOCUMENTS: usize = 20_000;

/// Nesting, counted through aliases. It is what [`notary::limits::JSON_DEPTH`] lets pass; a pod in a list in a template has 20.
pub(crate) const DEPTH: usize = notary::limits::JSON_DEPTH;

/// Values of one file if each alias were replaced by what it stands for: as many as without aliases. Nothing replaces
/// them, but who walks through the documents visits this many. A few lines can stand for billions.
pub(crate) const EXPANDED: usize = NODES;

/// Characters from one event of the YAML parser to the next. It may hold back a list in brackets until the bracket is
/// closed, with a hundred bytes for each sign, before one of its values can be counted. Kubernetes takes objects of 1.5 MiB.
pub(crate) const HELD_CHARACTERS: usize = 2 * 1024 * 1024;
