//! Which file of a crate imports which: read from the source text, without a compiler.
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// The names along a path: `["crate", "flow", "Edge"]`.
type Names = Vec<String>;

/// The files of one crate by their module paths, and what each imports.
pub(crate) struct Imports {
    modules: BTreeMap<Names, Module>,
}

struct Module {
    file: PathBuf,
    /// Paths that its code names, outside of its tests.
    uses: BTreeSet<Names>,
    /// What a `mod.rs` re-exports (`pub use`): by its name there, the path.
    reexports: BTreeMap<String, Names>,
}

impl Imports {
    /// Follows the `mod` lines from the crate's root file. Test modules are left out, they may use what they like.
    /// `read` gives the text of a file, `None` where there is none.
    pub(crate) fn of(root: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Imports {
        let mut imports = Imports { modules: BTreeMap::new() };
        let mut found = vec![(Names::new(), root.to_path_buf())];
        while let Some((names, file)) = found.pop() {
            let Some(text) = read(&file) else { continue };
            let folder = file.parent().unwrap_or(Path::new(""));
            let inside = match is_facade(&file) || names.is_empty() {
                true => folder.to_path_buf(),
                false => file.with_extension(""),
            };
            let code = Code::of(&text);
            for (name, place) in &code.modules {
                let places = match place {
                    Some(place) => [folder.join(place), PathBuf::new()],
                    None => [inside.join(format!("{name}.rs")), inside.join(name).join("mod.rs")],
                };
                let place = places.into_iter().find(|it| read(it).is_some());
                found.extend(place.map(|it| (joined(&names, name), it)));
            }
            imports.modules.insert(names, code.module(file));
        }
        imports
    }

    /// By file, the files that it imports, each with one of the paths by which it does.
    pub(crate) fn edges(&self) -> BTreeMap<&Path, BTreeMap<&Path, String>> {
        let mut edges: BTreeMap<&Path, BTreeMap<&Path, String>> = BTreeMap::new();
        for (here, module) in &self.modules {
            let from = edges.entry(&module.file).or_default();
            for path in &module.uses {
                let target = self.target(here, path).filter(|it| it != here);
                if let Some(target) = target {
                    from.insert(&self.modules[&target].file, path.join("::"));
                }
            }
        }
        edges
    }

    /// The module in whose file that lies which `path` means in module `here`; `None` where it is another crate's.
    fn target(&self, here: &[String], path: &[String]) -> Option<Names> {
        let (mut at, mut rest) = match path.first()?.as_str() {
            "crate" => (Names::new(), &path[1..]),
            "self" => (here.to_vec(), &path[1..]),
            "super" => (here.to_vec(), path),
            child if self.modules.contains_key(&joined(here, child)) => (here.to_vec(), path),
            _ => return None,
        };
        while rest.first().is_some_and(|it| it == "super") {
            at.pop();
            rest = &rest[1..];
        }
        while let Some(name) = rest.first()
            && self.modules.contains_key(&joined(&at, name))
        {
            at.push(name.clone());
            rest = &rest[1..];
        }
        let reexport = rest.first().and_then(|name| self.modules[&at].reexports.get(name));
        let defined = reexport.and_then(|path| self.target(&at, path));
        Some(defined.unwrap_or(at))
    }
}

/// The text of a file, taken apart.
struct Code {
    /// Names of modules in files of their own, with `#[path = "…"]` where they have it.
    modules: Vec<(String, Option<String>)>,
    /// Whether it is public, the name that it gets here, the path.
    imports: Vec<(bool, String, Names)>,
    rest: String,
}

impl Code {
    fn of(text: &str) -> Code {
        let mut code = Code { modules: Vec::new(), imports: Vec::new(), rest: String::new() };
        let (mut attributes, mut import) = (String::new(), String::new());
        for line in text.lines() {
            let line = line.split("//").next().unwrap_or_default().trim();
            let (_, item) = without_visibility(line);
            if !import.is_empty() || is_import(item) {
                import.push_str(line);
                if line.ends_with(';') {
                    code.import(&std::mem::take(&mut import));
                }
                attributes.clear();
            } else if line.starts_with("#[") {
                attributes.push_str(line);
            } else if let Some(module) = item.strip_prefix("mod ") {
                let is_test = attributes.contains("#[cfg(test)]") || attributes.contains("(test,");
                match module.strip_suffix(';') {
                    Some(_) if is_test => (),
                    Some(name) => {
                        let place = attributes.split_once("path = \"");
                        let place = place.and_then(|it| it.1.split_once('"'));
                        code.modules.push((name.to_owned(), place.map(|it| it.0.to_owned())));
                    }
                    // Clippy keeps tests at the end of a file.
                    None if is_test => break,
                    None => (),
                }
                attributes.clear();
            } else if !line.is_empty() {
                code.rest.push_str(line);
                code.rest.push('\n');
                attributes.clear();
            }
        }
        code
    }

    fn import(&mut self, statement: &str) {
        let (is_public, tree) = without_visibility(statement);
        let tree = tree.trim_start_matches("use ").trim_end_matches(';');
        for path in branches(tree) {
            let (path, name) = match path.split_once(" as ") {
                Some((path, name)) => (names(path), name.trim().to_owned()),
                None => (names(&path), names(&path).pop().unwrap_or_default()),
            };
            self.imports.push((is_public, name, path));
        }
    }

    fn module(self, file: PathBuf) -> Module {
        let words: BTreeSet<&str> = self.rest.split(|it: char| !is_of_name(it)).collect();
        let mut module = Module { file, uses: paths(&self.rest), reexports: BTreeMap::new() };
        for (is_public, name, path) in &self.imports {
            // What a facade uses itself it imports, whether or not it is public there.
            let is_reexport = *is_public && is_facade(&module.file);
            if is_reexport {
                module.reexports.insert(name.clone(), path.clone());
            }
            if !is_reexport || words.contains(name.as_str()) {
                module.uses.insert(path.clone());
            }
        }
        module
    }
}

/// Whether the file stands for its folder.
fn is_facade(file: &Path) -> bool {
    file.file_name().is_some_and(|it| it == "mod.rs" || it == "lib.rs")
}

/// In a text of several lines one may begin with the word.
fn is_import(item: &str) -> bool {
    item.starts_with("use ") && item.ends_with([';', '{', ','])
}

fn without_visibility(line: &str) -> (bool, &str) {
    match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with(' ') => (true, rest.trim_start()),
        Some(rest) if rest.starts_with('(') => {
            (true, rest.split_once(')').map_or("", |it| it.1.trim_start()))
        }
        _ => (false, line),
    }
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn branches(tree: &str) -> Vec<String> {
    let Some((before, group)) = tree.split_once('{') else { return vec![tree.to_owned()] };
    let group = group.rsplit_once('}').map_or(group, |it| it.0);
    let (mut depth, mut found, mut branch) = (0, Vec::new(), String::new());
    for letter in group.chars().chain([',']) {
        match letter {
            ',' if depth == 0 => {
                let branch = std::mem::take(&mut branch);
                if !branch.trim().is_empty() {
                    found.extend(branches(&format!("{before}{}", branch.trim())));
                }
                continue;
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => (),
        }
        branch.push(letter);
    }
    found
}

/// Every path of two names and more in code without imports.
fn paths(code: &str) -> BTreeSet<Names> {
    let chains = code.split(|it: char| !is_of_name(it) && it != ':');
    let chains = chains.filter(|it| it.contains("::") && !it.starts_with(':'));
    chains.map(names).filter(|it| it.len() > 1).collect()
}

fn names(path: &str) -> Names {
    path.split("::").map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect()
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn joined(names: &[String], name: &str) -> Names {
    names.iter().cloned().chain([name.to_owned()]).collect()
}
