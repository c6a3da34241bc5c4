//! All sources together: where each path leads.
//!
//! The rules:
//! - A path is followed through every `use`, alias and re-export to the file that defines what it names: that file is where
//!   its arrow ends. So a child's `use super::Name` is an arrow to its sibling if the parent has the name from there, and
//!   to the parent if it is the parent's own. For rooms the doors on the way count as well: whoever goes through a third
//!   room to another uses both.
//! - What is below a module is part of it: that a module declares, re-exports, or uses what is below it is no arrow. What is
//!   below may use the module that it is in, as long as that makes no circle by another way.
//! - Between files, importing a module is no arrow: what is then named through it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock, OnceLock};

use super::source::{Binding, Source};
use super::{root, rust_files};

/// `use` of `use` that is followed.
const DEPTH: usize = 32;

/// The sources of the binary and of the core.
pub(super) static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let files = rust_files(&["src"]);
    let files: Vec<_> = files.iter().map(|path| (name_of(path), fs::read_to_string(path).unwrap())).collect();
    Tree::of(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
});

fn name_of(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()
}

/// Source files by name.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// The files, without those of tests.
    pub(super) sources: BTreeMap<String, Arc<Source>>,
    modules: BTreeMap<Vec<String>, Module>,
    uses: OnceLock<Vec<Use>>,
}

#[derive(Clone, Debug, Default)]
struct Module {
    file: String,
    items: BTreeSet<String>,
    bindings: BTreeMap<String, Vec<Binding>>,
    globs: Vec<Binding>,
}

/// Where a path leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Landing {
    /// The file that defines what is named.
    pub(super) file: Option<String>,
    /// It is a module.
    pub(super) is_module: bool,
    /// Files through whose doors it goes.
    pub(super) doors: Vec<String>,
    /// The whole path, if it is of another crate.
    pub(super) outside: Option<Vec<String>>,
    /// The name was found where it was looked for.
    is_found: bool,
}

/// A place that names something of another file or crate.
#[derive(Clone, Debug)]
pub(super) struct Use {
    /// The file.
    pub(super) source: Arc<Source>,
    /// The line.
    pub(super) line: usize,
    /// The path as it is written.
    pub(super) path: Vec<String>,
    /// Where it leads.
    pub(super) landing: Landing,
    /// `use` of all that a module has.
    pub(super) is_glob: bool,
    /// The place of the token behind it; none in `use`.
    pub(super) end: Option<usize>,
}

impl Tree {
    /// Reads these files.
    pub(super) fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files = files.into_iter().filter(|(name, _)| !Source::is_test(name));
        Self::new(files.map(|(name, text)| Arc::new(Source::new(name, text))))
    }

    fn new(sources: impl IntoIterator<Item = Arc<Source>>) -> Self {
        let mut sources: BTreeMap<_, _> = sources.into_iter().map(|source| (source.file.clone(), source)).collect();
        let tests: Vec<_> = sources.values().flat_map(|source| source.test_modules.clone()).collect();
        sources.retain(|_, source| !tests.iter().any(|test| source.module.starts_with(test)));
        let crate_root = Module { file: "src/lib.rs".to_owned(), ..Module::default() };
        let mut modules = BTreeMap::from([(vec!["crate".to_owned()], crate_root)]);
        for source in sources.values() {
            for name in [&source.module].into_iter().chain(&source.inline) {
                modules.insert(name.clone(), Module { file: source.file.clone(), ..Module::default() });
            }
        }
        for source in sources.values() {
            for (module, name) in &source.items {
                modules.entry(module.clone()).or_default().items.insert(name.clone());
            }
            for binding in &source.bindings {
                let module = modules.entry(binding.module.clone()).or_default();
                match &binding.name {
                    Some(name) => module.bindings.entry(name.clone()).or_default().push(binding.clone()),
                    None => module.globs.push(binding.clone()),
                }
            }
        }
        Self { sources, modules, uses: OnceLock::new() }
    }

    /// The same with other texts for these files.
    pub(super) fn with<'a>(&self, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut sources = self.sources.clone();
        for (name, text) in files {
            sources.insert(name.to_owned(), Arc::new(Source::new(name, text)));
        }
        Self::new(sources.into_values())
    }

    /// Where a path leads that stands in this module.
    pub(super) fn follow(&self, module: &[String], path: &[String]) -> Landing {
        self.from(module, path, DEPTH)
    }

    fn from(&self, module: &[String], path: &[String], depth: usize) -> Landing {
        let Some((first, rest)) = path.split_first() else {
            return self.walk(module, path, depth);
        };
        match first.as_str() {
            "crate" => self.walk(&module[..1], rest, depth),
            "self" => self.walk(module, rest, depth),
            "super" => {
                let parent = &module[..module.len().saturating_sub(1).max(1)];
                if rest.first().is_some_and(|next| next == "super") {
                    return self.from(parent, rest, depth);
                }
                self.walk(parent, rest, depth)
            }
            _ => {
                let landing = self.walk(module, path, depth);
                if landing.is_found {
                    return landing;
                }
                let root = match first.as_str() {
                    "notary" => Some("notary"),
                    // What the program calls by the name of the library is `crate` within it.
                    "sealgate" => Some("crate"),
                    _ => None,
                };
                if let Some(root) =
                    root.map(|root| vec![root.to_owned()]).filter(|root| self.modules.contains_key(root))
                {
                    return self.walk(&root, rest, depth);
                }
                Landing { outside: Some(path.to_vec()), is_found: true, ..Landing::default() }
            }
        }
    }

    fn walk(&self, module: &[String], path: &[String], depth: usize) -> Landing {
        let Some(here) = self.modules.get(module) else { return Landing::default() };
        let ends_here = Landing { file: Some(here.file.clone()), ..Landing::default() };
        let Some((first, rest)) = path.split_first() else {
            return Landing { is_module: true, is_found: true, ..ends_here };
        };
        if first == "self" {
            return self.walk(module, rest, depth);
        }
        let child: Vec<_> = module.iter().chain([first]).cloned().collect();
        if self.modules.contains_key(&child) {
            return self.walk(&child, rest, depth);
        }
        if here.items.contains(first) {
            return Landing { is_found: true, ..ends_here };
        }
        let Some(depth) = depth.checked_sub(1) else { return ends_here };
        let named = here.bindings.get(first).into_iter().flatten();
        let named = named.map(|binding| (binding, [&binding.path, rest].concat()));
        let globs = here.globs.iter().map(|binding| (binding, [&binding.path, path].concat()));
        for (binding, path) in named.chain(globs) {
            let is_itself = binding.name.is_some() && binding.path.first() == Some(first);
            let mut landing = if is_itself {
                Landing { outside: Some(path), is_found: true, ..Landing::default() }
            } else {
                self.from(&binding.module, &path, depth)
            };
            let is_outside_glob = binding.name.is_none() && landing.outside.is_some();
            if landing.is_found && !is_outside_glob {
                landing.doors.insert(0, here.file.clone());
                return landing;
            }
        }
        ends_here
    }

    /// Every place that names something of another file or crate.
    pub(super) fn uses(&self) -> &[Use] {
        self.uses.get_or_init(|| self.sources.values().flat_map(|source| self.uses_of(source)).collect())
    }

    fn uses_of(&self, source: &Arc<Source>) -> Vec<Use> {
        let imports = source.bindings.iter().map(|binding| {
            let landing = self.follow(&binding.module, &binding.path);
            let (source, line, path) = (Arc::clone(source), binding.line, binding.path.clone());
            Use { source, line, path, landing, is_glob: binding.name.is_none(), end: None }
        });
        let mentions = source.mentions.iter().map(|mention| {
            let landing = self.follow(&mention.module, &mention.path);
            let (source, line, path) = (Arc::clone(source), mention.line, mention.path.clone());
            Use { source, line, path, landing, is_glob: false, end: Some(mention.end) }
        });
        imports.chain(mentions).collect()
    }
}

impl Use {
    /// Whether it is of another crate and begins or ends so.
    pub(super) fn ends_outside_with(&self, end: &[&str]) -> bool {
        self.landing.outside.as_ref().is_some_and(|path| {
            let tail = path.len().checked_sub(end.len()).map(|at| &path[at..]);
            tail.is_some_and(|tail| tail == end)
        })
    }

    /// For people.
    pub(super) fn place(&self) -> String {
        format!("{}:{}: {}", self.source.file, self.line, self.path.join("::"))
    }
}
