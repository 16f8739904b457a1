//! The tools that a person chose.

use crate::diag::codes::plan as codes;
use crate::diag::{Diagnostic, Report};
use crate::model::{Server, Tool};
use crate::options::Options;
use crate::plan::{drop_tools, misused};
use crate::suggest;

/// Keeps the tools that [`Options::only`] names, and the resources that are read through them. What is left out is what
/// was asked for, so it is no warning.
///
/// Runs after names are settled: a tool is called the same whichever others are exposed.
pub(crate) fn select(server: &mut Server, options: &Options, report: &mut Report) {
    let Some(only) = &options.only else { return };
    if only.is_empty() {
        let problem = no_such_tool("the option `only` names no tool".to_owned());
        report.push(problem.help("name at least one tool, or leave the option away to expose all of them"));
    }
    for entry in only {
        if !server.tools.iter().any(|tool| is_meant(tool, entry)) {
            // Either spelling may have been meant; the names are what the help lists.
            let operation_ids = server.tools.iter().filter_map(|tool| tool.operation_id.as_deref());
            let names: Vec<&str> = server.tools.iter().map(|tool| tool.name.as_str()).collect();
            let help = match (suggest::closest(entry, names.iter().copied()), suggest::closest(entry, operation_ids)) {
                (None, Some(near)) => format!("did you mean `{}`?", near.escape_debug()),
                _ => suggest::help(entry, "tools", names),
            };
            let message =
                format!("the option `only` names `{}`, and no tool has that name or operationId", entry.escape_debug());
            report.push(no_such_tool(message).help(help));
        }
    }
    drop_tools(server, |tool| !only.iter().any(|entry| is_meant(tool, entry)));
}

fn no_such_tool(message: String) -> Diagnostic {
    misused(codes::UNKNOWN_TOOL, message)
}

fn is_meant(tool: &Tool, entry: &str) -> bool {
    tool.name == entry || tool.operation_id.as_deref() == Some(entry)
}

#[cfg(test)]
mod tests {
    use crate::{Builder, Surface};

    /// Tools: list_pets, create_pet, get_pet, update_pet, delete_pet, get_inventory, list_owner_pets; each `GET` is a
    /// resource or a template, too.
    fn petstore() -> Builder {
        Builder::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/petstore.yaml"))
    }

    fn tools(surface: &Surface) -> Vec<&str> {
        surface.tools.iter().map(|tool| tool.name.as_str()).collect()
    }

    #[test]
    fn a_tool_is_chosen_by_its_name_or_its_operation_id_in_the_order_of_the_document() {
        let generated = petstore().only(["get_inventory", "getPet", "get_pet"]).generate().unwrap();
        assert_eq!(tools(generated.surface()), ["get_pet", "get_inventory"]);
    }

    #[test]
    fn what_was_left_out_leaves_nothing_behind_and_is_no_warning() {
        let generated = petstore().only(["get_pet"]).generate().unwrap();
        let surface = generated.surface();
        assert_eq!(surface.resources, []);
        let templates: Vec<_> = surface.templates.iter().map(|template| template.uri.as_str()).collect();
        assert_eq!(templates, ["petstore://pets/{petId}"]);
        assert_eq!(generated.warnings(false), petstore().generate().unwrap().warnings(false));
        for (path, file) in generated.files().iter() {
            for gone in ["list_pets", "ListPets", "/inventory", "NewPet"] {
                assert!(!file.text().contains(gone), "{path} still mentions {gone}");
            }
        }
    }

    #[test]
    fn an_entry_that_matches_nothing_is_an_error_with_what_was_meant() {
        for (entry, near) in [("get_pett", "did you mean `get_pet`?"), ("LISTPETS", "did you mean `list_pets`?")] {
            let failure = petstore().only(["get_pet", entry]).generate().unwrap_err().to_string();
            assert!(failure.contains("error[E0604]") && failure.contains(&format!("`{entry}`")), "{failure}");
            assert!(failure.contains(near), "{failure}");
        }
        let failure = petstore().only(["zzz"]).generate().unwrap_err().to_string();
        assert!(!failure.contains("did you mean") && failure.contains("`list_owner_pets`"), "{failure}");
    }

    #[test]
    fn an_empty_choice_is_no_choice_of_everything() {
        let failure = petstore().only([""; 0]).generate().unwrap_err().to_string();
        assert!(failure.contains("error[E0604]: the option `only` names no tool"), "{failure}");
    }
}
