//! Names: of the server from its title, of tools from operationIds and paths, of arguments from the wire.

use std::collections::BTreeSet;

use crate::lock::Kept;
use crate::words::lower as words;

/// The names that we choose leave room for what clients put before them ([`crate::model::CALLED`]): a key of nine characters in
/// `mcp__KEY__TOOL`. Names that a person chose, or that the lock keeps, may be as long as clients take any.
const TOOL_NAME: usize = crate::model::CALLED - crate::model::PREFIX - 9;
const SERVER_NAME: usize = 48;

/// The machine name of a server: kebab case, ASCII, beginning with a letter. `None` where nothing is left.
pub(super) fn server(title: &str) -> Option<String> {
    let mut name = words(title).join("-");
    let first = name.find(|c: char| c.is_ascii_alphabetic())?;
    name.drain(..first);
    Some(shorten(&name, SERVER_NAME, '-'))
}

/// The upper-case beginning of the server's environment variables.
pub(super) fn screaming(name: &str) -> String {
    words(name).join("_").to_ascii_uppercase()
}

/// The name of a tool: the operationId, else method and path, in snake case. Second: whether it was shortened.
pub(super) fn tool(operation_id: Option<&str>, method: &str, path: &str) -> (String, bool) {
    let by_id =
        operation_id.map(|id| words(id).join("_")).filter(|name| name.contains(|c: char| c.is_ascii_alphabetic()));
    let name = by_id.unwrap_or_else(|| by_path(method, path));
    let short = condense(&name);
    let cut = short.len() < name.len();
    (short, cut)
}

/// Whether the name of a tool cannot say what an operationId says: it has letters that ASCII cannot write, or no letter.
pub(super) fn loses_letters(operation_id: &str) -> bool {
    operation_id.chars().any(|c| c.is_alphanumeric() && words(c.encode_utf8(&mut [0; 4])).is_empty())
        || !words(operation_id).concat().contains(|c: char| c.is_ascii_alphabetic())
}

/// A name within [`TOOL_NAME`] that still says what it names: words that stand twice go first, then small words, then
/// words from the middle, since the verb stands first and what tells operations apart stands last.
fn condense(name: &str) -> String {
    let mut words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    let length = |words: &[&str]| words.iter().map(|word| word.len() + 1).sum::<usize>().saturating_sub(1);
    let repeated =
        |words: &[&str]| (1..words.len()).find(|at| words.iter().take(*at).any(|word| words.get(*at) == Some(word)));
    let small = |words: &[&str]| {
        words.iter().position(|word| {
            matches!(
                *word,
                "a" | "an" | "and" | "as" | "at" | "by" | "for" | "from" | "in" | "of" | "on" | "the" | "to" | "with"
            )
        })
    };
    let middle = |words: &[&str]| (words.len() > 2).then_some(words.len() / 2);
    while length(&words) > TOOL_NAME {
        let Some(at) = repeated(&words).or_else(|| small(&words)).or_else(|| middle(&words)) else { break };
        words.remove(at);
    }
    shorten(&words.join("_"), TOOL_NAME, '_')
}

/// `GET /pets/{petId}/toys` → `get_pets_by_pet_id_toys`
fn by_path(method: &str, path: &str) -> String {
    let mut parts = words(method);
    for segment in path.split('/') {
        match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
            Some(variable) => {
                let variable = words(variable);
                if !variable.is_empty() {
                    parts.push("by".to_owned());
                    parts.extend(variable);
                }
            }
            None => parts.extend(words(segment)),
        }
    }
    parts.join("_")
}

/// At most `limit` characters, cut between words where that leaves most of it.
fn shorten(name: &str, limit: usize, separator: char) -> String {
    if name.len() <= limit {
        return name.to_owned();
    }
    let cut = name.get(..limit).unwrap_or(name);
    // A word that ends exactly at the limit may stay whole.
    let whole = name.get(limit..).is_some_and(|rest| rest.starts_with(separator));
    let end = if whole { limit } else { cut.rfind(separator).filter(|at| *at >= limit / 2).unwrap_or(limit) };
    cut.get(..end).unwrap_or(cut).trim_end_matches(separator).to_owned()
}

/// Names that are taken.
#[derive(Debug, Default)]
pub(super) struct Taken {
    names: BTreeSet<String>,
    kept: Kept,
}

impl Taken {
    /// The names that operations had before are theirs.
    pub(super) fn keeping(kept: Kept) -> Self {
        Self { names: kept.names().map(str::to_owned).collect(), kept }
    }

    /// The name that an operation had before.
    pub(super) fn kept(&self, route: &str) -> Option<String> {
        self.kept.name(route).map(str::to_owned)
    }

    /// The name, or the name with the first number from 2 that makes it new, within the limit of tool names.
    pub(super) fn claim(&mut self, name: &str) -> String {
        let mut candidate = name.to_owned();
        let mut number = 2;
        while !self.names.insert(candidate.clone()) {
            let suffix = format!("_{number}");
            candidate = format!("{}{suffix}", shorten(name, TOOL_NAME.saturating_sub(suffix.len()), '_'));
            number += 1;
        }
        candidate
    }
}

/// Whether clients accept a name as a property of an input schema.
pub(super) fn is_argument(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// The name of the argument for a name on the wire: the same where it is legal.
pub(super) fn argument(wire: &str) -> String {
    if is_argument(wire) {
        return wire.to_owned();
    }
    let mut name = String::new();
    for c in wire.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-') {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = shorten(name.trim_end_matches('_'), 64, '_');
    if name.is_empty() { "value".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_named_in_snake_case() {
        for (id, expected) in [
            ("listPets", "list_pets"),
            ("getHTTPResponse", "get_http_response"),
            ("repos/get-content", "repos_get_content"),
            ("Pets_ListV2", "pets_list_v2"),
            ("GET", "get"),
            ("  odd  id ", "odd_id"),
            ("getOAuth2Token", "get_oauth2_token"),
            ("größeÄndern", "groesse_aendern"),
        ] {
            assert_eq!(tool(Some(id), "get", "/x").0, expected);
        }
    }

    #[test]
    fn tools_without_a_usable_id_are_named_by_their_path() {
        for id in [None, Some(""), Some("日本語"), Some("--"), Some("42")] {
            assert_eq!(tool(id, "get", "/pets/{petId}/toys").0, "get_pets_by_pet_id_toys");
        }
        assert_eq!(tool(None, "get", "/").0, "get");
        assert_eq!(tool(None, "post", "/日本").0, "post");
    }

    #[test]
    fn long_names_are_cut_between_words_and_stay_unique() {
        for (id, expected) in [
            (
                "oidc/create-oidc-custom-property-inclusion-for-enterprise-x",
                "oidc_create_custom_inclusion_enterprise_x",
            ),
            (
                "dependabot/set-repository-access-default-level-for-the-organization",
                "dependabot_set_repository_level_organization",
            ),
        ] {
            let (name, cut) = tool(Some(id), "get", "/");
            assert!(cut && name.len() <= 48, "{name}");
            assert_eq!(name, expected);
        }
        let words: Vec<String> = (0..40).map(|number| format!("word{number}")).collect();
        let (name, cut) = tool(Some(&words.join("_")), "get", "/");
        assert!(cut && name.len() <= 48 && name.starts_with("word0_") && name.ends_with("_word39"), "{name}");
        let mut taken = Taken::default();
        let names: BTreeSet<String> = (0..120).map(|_| taken.claim(&name)).collect();
        assert_eq!(names.len(), 120);
        assert!(names.iter().all(|name| name.len() <= 48));
        let (name, _) = tool(Some(&"x".repeat(300)), "get", "/");
        assert_eq!(name.len(), 48);
    }

    #[test]
    fn servers_are_named_in_kebab_case() {
        assert_eq!(server("Swagger Petstore - OpenAPI 3.0").as_deref(), Some("swagger-petstore-openapi-3-0"));
        assert_eq!(server("3scale API").as_deref(), Some("scale-api"));
        assert_eq!(server("Pet's"), Some("pets".to_owned()));
        assert_eq!(server("日本"), None);
        assert_eq!(screaming("my-petStore"), "MY_PET_STORE");
    }

    #[test]
    fn arguments_keep_the_name_of_the_wire_where_clients_accept_it() {
        for (wire, expected) in [
            ("petId", "petId"),
            ("X-Request-Id", "X-Request-Id"),
            ("filter[name]", "filter_name"),
            ("$top", "top"),
            ("@type", "type"),
            ("größe", "gr_e"),
            ("日本", "value"),
            ("", "value"),
        ] {
            assert_eq!(argument(wire), expected);
            assert!(is_argument(&argument(wire)));
        }
        assert!(is_argument(&argument(&"é1".repeat(200))));
    }
}
