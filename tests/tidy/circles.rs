//! Circles of imports: files none of which can be read, moved or built without all the others.
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use crate::{files_under, imports::Imports};

#[test]
fn files_do_not_import_each_other_in_circles() {
    let read = |path: &Path| fs::read_to_string(path).ok();
    let found: Vec<String> =
        roots().iter().flat_map(|root| circles(&Imports::of(root, &read))).collect();
    assert!(found.is_empty(), "{}\nmove what both need to a file of its own", found.join("\n"));
}

/// The first file of each crate in `src` and `benches`.
fn roots() -> Vec<PathBuf> {
    let src = ["src/lib.rs", "src/main.rs", "src/blas/lib.rs"].map(PathBuf::from);
    let benches = files_under(Path::new("benches")).into_iter().map(|(path, _)| path);
    let is_root = |path: &PathBuf| {
        path.parent() == Some(Path::new("benches"))
            || path.file_name().is_some_and(|it| it == "main.rs")
    };
    src.into_iter().chain(benches.filter(is_root)).collect()
}

/// Every circle, as a list of its files with what they import of each other.
fn circles(imports: &Imports) -> Vec<String> {
    let edges = imports.edges();
    let reached: BTreeMap<&Path, BTreeSet<&Path>> =
        edges.keys().map(|from| (*from, reached_from(from, &edges))).collect();
    let mut told = BTreeSet::new();
    let mut circles = Vec::new();
    for (file, from_here) in &reached {
        // Those that are reached from it and reach it.
        let circle = || from_here.iter().filter(|it| reached[*it].contains(file));
        if !circle().any(|it| it == file) || told.contains(file) {
            continue;
        }
        let mut text = format!("a circle of {} files:", circle().count());
        for from in circle() {
            told.insert(*from);
            for (to, path) in edges[from].iter().filter(|it| circle().any(|file| file == it.0)) {
                let _ = write!(text, "\n  {} uses {} (`{path}`)", from.display(), to.display());
            }
        }
        circles.push(text);
    }
    circles
}

/// Where the imports lead, one step or more: to itself only where there is a circle.
fn reached_from<'a>(
    from: &'a Path,
    edges: &BTreeMap<&'a Path, BTreeMap<&'a Path, String>>,
) -> BTreeSet<&'a Path> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(file) = next.pop() {
        let to = edges.get(file).into_iter().flat_map(|it| it.keys().copied());
        next.extend(to.filter(|it| reached.insert(*it)));
    }
    reached
}

/// Those of made-up files: the root is `lib.rs`.
fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
    let read = |path: &Path| {
        let found = files.iter().find(|it| Path::new(it.0) == path);
        found.map(|it| it.1.to_owned())
    };
    circles(&Imports::of(Path::new("lib.rs"), &read))
}

#[test]
fn files_that_import_each_other_are_named_with_their_imports() {
    let found = circles_of(&[
        ("lib.rs", "mod shop;\nmod town;\n"),
        ("shop/mod.rs", "mod till;\nmod shelf;\npub use shelf::{Shelf, Sort as Kind};\n"),
        ("shop/till.rs", "use super::{\n    Kind,\n    super::town::Street,\n};\n"),
        ("shop/shelf.rs", "pub struct Shelf;\nfn count() { super::till::count() }\n"),
        ("town.rs", "pub struct Street;\n"),
    ]);
    assert_eq!(
        found,
        ["a circle of 2 files:\n  shop/shelf.rs uses shop/till.rs (`super::till::count`)\n  \
          shop/till.rs uses shop/shelf.rs (`super::Kind`)"]
    );
}

#[test]
fn a_mod_rs_that_uses_its_files_may_not_be_used_by_them() {
    let own_item = "mod till;\npub struct Shop;\nfn open() { till::open() }\n";
    let till = ("shop/till.rs", "use super::Shop;\n");
    let found = circles_of(&[("lib.rs", "mod shop;"), ("shop/mod.rs", own_item), till]);
    assert_eq!(found.len(), 1, "{found:?}");
    let reexported = "mod till;\npub use till::Till;\npub struct Shop(Till);\n";
    let found = circles_of(&[("lib.rs", "mod shop;"), ("shop/mod.rs", reexported), till]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn tests_comments_and_reexports_make_no_circle() {
    let found = circles_of(&[
        ("lib.rs", "mod shop;\n#[path = \"elsewhere/park.rs\"]\nmod park;\n"),
        ("shop/mod.rs", "mod till;\n#[cfg(test)]\nmod tests;\npub use till::Till;\n"),
        ("shop/tests.rs", "use super::*;\nuse crate::park::Bench;\n"),
        ("shop/till.rs", "use std::fmt;\nuse crate::park::Bench;\npub struct Till;\n"),
        (
            "elsewhere/park.rs",
            "// See crate::shop::Till.\npub struct Bench;\n#[cfg(test)]\nmod tests {\n    use crate::shop::Till;\n}\n",
        ),
    ]);
    assert_eq!(found, [""; 0]);
}
