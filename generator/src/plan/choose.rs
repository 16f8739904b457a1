//! The operations that a person chose by tag, operationId, path or method.

use std::collections::BTreeSet;

use crate::diag::Report;
use crate::diag::codes::plan as codes;
use crate::model::{Server, Tool};
use crate::options::{Options, Selection, matches};
use crate::plan::{drop_tools, misused};
use crate::suggest;

/// Keeps what [`Options::include`] chooses and drops what [`Options::exclude`] does. What is left out is what was asked
/// for, so it is no warning.
pub(crate) fn select(server: &mut Server, options: &Options, report: &mut Report) {
    let Options { include, exclude, pin, .. } = options;
    for (option, selection) in [("include", include), ("exclude", exclude), ("pin", pin)] {
        for list in lists(selection) {
            report_strangers(option, &list, &server.tools, report);
        }
    }
    let is_kept = |tool: &Tool| {
        lists(include).all(|list| list.patterns.is_empty() || list.has(tool))
            && !lists(exclude).any(|list| list.has(tool))
    };
    let kept: BTreeSet<String> =
        server.tools.iter().filter(|tool| is_kept(tool)).map(|tool| tool.name.clone()).collect();
    if kept.is_empty() && !server.tools.is_empty() && !(include.is_empty() && exclude.is_empty()) {
        let problem = misused(codes::UNKNOWN_CHOICE, "the options `include` and `exclude` together leave no operation");
        report.push(problem.help("of several lists in `include`, an operation must match an entry of each"));
    }
    drop_tools(server, |tool| !kept.contains(&tool.name));
}

/// Whether a selection's lists name a tool: any entry of any list.
pub(super) fn is_chosen(tool: &Tool, selection: &Selection) -> bool {
    lists(selection).any(|list| list.has(tool))
}

/// One list of a selection.
struct List<'a> {
    key: &'static str,
    what: &'static str,
    patterns: &'a [String],
    /// What a tool has for the patterns.
    of: fn(&Tool) -> Vec<&str>,
}

impl List<'_> {
    fn has(&self, tool: &Tool) -> bool {
        self.patterns.iter().any(|pattern| self.matches(pattern, tool))
    }

    fn matches(&self, pattern: &str, tool: &Tool) -> bool {
        let ignores_case = self.key == "methods";
        (self.of)(tool).into_iter().any(|text| {
            if ignores_case { matches(&pattern.to_uppercase(), &text.to_uppercase()) } else { matches(pattern, text) }
        })
    }
}

fn lists(selection: &Selection) -> impl Iterator<Item = List<'_>> {
    fn tags(tool: &Tool) -> Vec<&str> {
        tool.tags.iter().map(String::as_str).collect()
    }
    fn operations(tool: &Tool) -> Vec<&str> {
        tool.operation_id.as_deref().into_iter().chain([tool.name.as_str()]).collect()
    }
    fn paths(tool: &Tool) -> Vec<&str> {
        tool.binding.iter().map(|binding| binding.path.as_str()).collect()
    }
    fn methods(tool: &Tool) -> Vec<&str> {
        tool.binding.iter().map(|binding| binding.method.as_str()).collect()
    }
    [
        List { key: "tags", what: "tags", patterns: &selection.tags, of: tags },
        List { key: "operations", what: "operations", patterns: &selection.operations, of: operations },
        List { key: "paths", what: "paths", patterns: &selection.paths, of: paths },
        List { key: "methods", what: "methods", patterns: &selection.methods, of: methods },
    ]
    .into_iter()
}

/// An entry that matches nothing is an error, with what may have been meant.
fn report_strangers(option: &str, list: &List<'_>, tools: &[Tool], report: &mut Report) {
    for pattern in list.patterns {
        if tools.iter().any(|tool| list.matches(pattern, tool)) {
            continue;
        }
        let known: BTreeSet<&str> = tools.iter().flat_map(list.of).collect();
        let message = format!(
            "`{}` in the option `{option}.{}` matches none of the document's {}",
            pattern.escape_debug(),
            list.key,
            list.what
        );
        report.push(misused(codes::UNKNOWN_CHOICE, message).help(suggest::help(pattern, list.what, known)));
    }
}

#[cfg(test)]
mod tests {
    use crate::options::Selection;
    use crate::{Builder, Options};

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    /// Tools: list_pets, create_pet, get_pet, update_pet, delete_pet, get_inventory, list_owner_pets.
    fn chosen(include: Selection, exclude: Selection) -> Result<Vec<String>, String> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/petstore.yaml");
        let options = Options { include, exclude, ..Options::default() };
        match Builder::new(path).options(options).generate() {
            Ok(generated) => Ok(generated.surface().tools.iter().map(|tool| tool.name.clone()).collect()),
            Err(failure) => Err(failure.to_string()),
        }
    }

    #[test]
    fn each_list_narrows_and_its_entries_widen() {
        let none = Selection::default();
        let gets = Selection { methods: list(&["get"]), ..none.clone() };
        assert_eq!(
            chosen(gets.clone(), none.clone()).unwrap(),
            ["list_pets", "get_pet", "get_inventory", "list_owner_pets"]
        );
        let both = Selection { paths: list(&["/pets", "/pets/*"]), ..gets.clone() };
        assert_eq!(chosen(both, none.clone()).unwrap(), ["list_pets", "get_pet"]);
        let lists = Selection { operations: list(&["list*"]), paths: list(&["/inventory"]), ..none.clone() };
        assert_eq!(chosen(gets, lists).unwrap(), ["get_pet"], "what any entry excludes is left out");
        let by_id = Selection { operations: list(&["getPet", "delete_pet"]), ..none.clone() };
        assert_eq!(chosen(by_id, none).unwrap(), ["get_pet", "delete_pet"]);
    }

    #[test]
    fn what_is_excluded_leaves_no_resource_and_no_warning() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/petstore.yaml");
        let exclude = Selection { paths: list(&["/inventory"]), ..Selection::default() };
        let generated = Builder::new(path).options(Options { exclude, ..Options::default() }).generate().unwrap();
        assert_eq!(generated.surface().resources, []);
        assert_eq!(generated.warnings(false), Builder::new(path).generate().unwrap().warnings(false));
    }

    #[test]
    fn an_entry_that_matches_nothing_is_an_error_with_what_was_meant() {
        let wrong = Selection { methods: list(&["gett"]), paths: list(&["/pet"]), ..Selection::default() };
        let failure = chosen(wrong, Selection::default()).unwrap_err();
        assert!(failure.contains("error[E0607]: `gett` in the option `include.methods` matches none"), "{failure}");
        assert!(failure.contains("did you mean `/pets`?"), "{failure}");
    }

    #[test]
    fn a_choice_of_nothing_is_an_error() {
        let include = Selection { methods: list(&["get"]), operations: list(&["delete*"]), ..Selection::default() };
        let failure = chosen(include, Selection::default()).unwrap_err();
        assert!(failure.contains("together leave no operation"), "{failure}");
    }
}
