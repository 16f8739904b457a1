//! Which credentials the tools of a server need, as its README tells: what is required, what has an alternative, and one
//! choice with which every tool can be called.

use serde::Serialize;

use super::docs;
use crate::model::{SecurityKind, SecurityScheme, Server, Setting};

/// More tools of one group are counted, not named.
const MOST_NAMED: usize = 6;

/// The tools and operations of a server, grouped by what they need.
pub(crate) struct Needs<'a> {
    groups: Vec<Group<'a>>,
}

/// What has the same Security Requirement Objects (OpenAPI 3.1.1 §4.8.30).
struct Group<'a> {
    /// Any one of these will do; of each, all schemes are needed. Without the empty one.
    alternatives: Vec<Vec<&'a SecurityScheme>>,
    /// Calls without credentials are allowed, too.
    is_optional: bool,
    names: Vec<&'a str>,
}

/// A row of the table of credentials, Markdown.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    who: String,
    variables: String,
}

impl<'a> Needs<'a> {
    pub fn of(server: &'a Server) -> Self {
        let mut groups: Vec<(&[Vec<String>], Group<'a>)> = Vec::new();
        let schemes = server.upstream.as_ref().map_or(&[][..], |upstream| &upstream.security_schemes);
        for tool in server.tools.iter().chain(server.searched()) {
            let Some(binding) = &tool.binding else { continue };
            let security = binding.security.as_slice();
            if let Some((_, group)) = groups.iter_mut().find(|(known, _)| *known == security) {
                group.names.push(&tool.name);
                continue;
            }
            let of_names = |names: &'a Vec<String>| {
                names.iter().filter_map(|name| schemes.iter().find(|scheme| scheme.name == *name)).collect()
            };
            let group = Group {
                alternatives: security.iter().filter(|names| !names.is_empty()).map(of_names).collect(),
                is_optional: security.is_empty() || security.iter().any(Vec::is_empty),
                names: vec![&tool.name],
            };
            groups.push((security, group));
        }
        Self { groups: groups.into_iter().map(|(_, group)| group).collect() }
    }

    /// What the environment table says under "Required".
    pub fn required(&self, setting: &Setting) -> &'static str {
        if setting.required {
            return "yes";
        }
        let reads = |scheme: &&SecurityScheme| ways(scheme).iter().any(|way| way.contains(&setting.env.as_str()));
        let needing = || self.groups.iter().filter(|group| !group.is_optional);
        let in_all = |group: &&Group<'_>| group.alternatives.iter().all(|schemes| schemes.iter().any(reads));
        let in_some = |group: &Group<'_>| group.alternatives.iter().flatten().any(reads);
        let has_other_way = self
            .groups
            .iter()
            .flat_map(|group| group.alternatives.iter().flatten())
            .any(|scheme| reads(scheme) && ways(scheme).len() > 1);
        match needing().filter(in_all).count() {
            0 if needing().any(in_some) => "as an alternative",
            0 => "no",
            _ if has_other_way => "as an alternative",
            all if all == self.groups.len() => "yes",
            _ => "by some tools",
        }
    }

    /// The table of credentials: nothing where no tool takes any.
    pub fn rows(&self) -> Vec<Row> {
        if self.groups.iter().all(|group| group.alternatives.is_empty()) {
            return Vec::new();
        }
        let is_only = self.groups.len() == 1;
        self.groups
            .iter()
            .map(|group| Row {
                who: if is_only { "all".to_owned() } else { group.who() },
                variables: group.variables(),
            })
            .collect()
    }

    /// Whether some variable can be replaced by another one.
    pub fn has_alternatives(&self) -> bool {
        let several = |group: &Group<'_>| {
            group.alternatives.len() > 1 || group.alternatives.iter().flatten().any(|scheme| ways(scheme).len() > 1)
        };
        self.groups.iter().any(several)
    }

    /// Variables with which every tool can be called, as few as it takes: for each group, beginning with that of the fewest
    /// alternatives, the alternative that adds the fewest schemes, the document's first one where several do.
    pub fn chosen(&self) -> Vec<&'a str> {
        let mut groups: Vec<_> = self.groups.iter().filter(|group| !group.is_optional).collect();
        groups.sort_by_key(|group| group.alternatives.len());
        let mut chosen: Vec<&SecurityScheme> = Vec::new();
        for group in groups {
            let new = |schemes: &Vec<&'a SecurityScheme>| {
                schemes.iter().copied().filter(|scheme| !chosen.iter().any(|known| known.name == scheme.name)).collect()
            };
            let alternatives = group.alternatives.iter().map(new);
            let least: Option<Vec<&SecurityScheme>> = alternatives.min_by_key(Vec::len);
            chosen.extend(least.into_iter().flatten());
        }
        chosen.into_iter().filter_map(|scheme| ways(scheme).into_iter().next()).flatten().collect()
    }
}

impl Group<'_> {
    fn who(&self) -> String {
        let named = self.names.len().min(if self.names.len() > MOST_NAMED + 1 { MOST_NAMED } else { usize::MAX });
        let mut who: Vec<String> = self.names.iter().take(named).map(|name| docs::code(name)).collect();
        if named < self.names.len() {
            who.push(format!("{} more", self.names.len() - named));
        }
        who.join(", ")
    }

    fn variables(&self) -> String {
        let alternatives: Vec<String> = self.alternatives.iter().map(|schemes| together(schemes)).collect();
        match (alternatives.is_empty(), self.is_optional) {
            (true, _) => "nothing".to_owned(),
            (false, true) => format!("{}, or nothing", alternatives.join(", or ")),
            (false, false) => alternatives.join(", or "),
        }
    }
}

/// The variables of schemes that are used together.
fn together(schemes: &[&SecurityScheme]) -> String {
    let each = schemes.iter().map(|scheme| {
        let ways: Vec<String> = ways(scheme)
            .iter()
            .map(|way| way.iter().map(|env| docs::code(env)).collect::<Vec<_>>().join(" and "))
            .collect();
        match ways.as_slice() {
            [first, others @ ..] if !others.is_empty() => format!("{first} (or {})", others.join(", or ")),
            _ => ways.join(""),
        }
    });
    each.collect::<Vec<_>>().join(" and ")
}

/// The sets of variables that give the credential of a scheme; the first one needs nothing that runs out.
fn ways(scheme: &SecurityScheme) -> Vec<Vec<&str>> {
    match &scheme.kind {
        SecurityKind::ClientCredentials { variables, .. } => {
            vec![vec![variables.client_id.as_str(), variables.client_secret.as_str()], vec![scheme.env.as_str()]]
        }
        SecurityKind::MutualTls { key } => vec![vec![scheme.env.as_str(), key.as_str()]],
        SecurityKind::ApiKey { .. } | SecurityKind::Bearer | SecurityKind::Basic => vec![vec![scheme.env.as_str()]],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ClientVariables;
    use crate::samples;

    fn scheme(name: &str, kind: SecurityKind) -> SecurityScheme {
        SecurityScheme {
            name: name.to_owned(),
            kind,
            env: format!("T_{}", name.to_uppercase()),
            description: String::new(),
            span: crate::source::Span::default(),
        }
    }

    /// A server whose operations have these requirements, one tool for each.
    fn server(requirements: &[&[&[&str]]]) -> Server {
        let mut server = samples::petstore();
        let of = |name: &str| name.to_owned();
        let variables = ClientVariables {
            client_id: of("T_CLIENT_ID"),
            client_secret: of("T_CLIENT_SECRET"),
            token_url: of("T_TOKEN_URL"),
            scope: of("T_SCOPE"),
        };
        if let Some(upstream) = &mut server.upstream {
            upstream.security_schemes = vec![
                scheme("basic", SecurityKind::Basic),
                scheme("bearer", SecurityKind::Bearer),
                scheme("key", SecurityKind::Bearer),
                scheme(
                    "oauth",
                    SecurityKind::ClientCredentials { token_url: of("/token"), scopes: Vec::new(), variables },
                ),
                scheme("mtls", SecurityKind::MutualTls { key: of("T_MTLS_KEY") }),
            ];
        }
        let tool = server.tools.first().cloned().unwrap();
        let with = |(at, security): (usize, &&[&[&str]])| {
            let mut tool = tool.clone();
            tool.name = format!("tool_{at}");
            let security = security.iter().map(|names| names.iter().map(|name| of(name)).collect()).collect();
            if let Some(binding) = &mut tool.binding {
                binding.security = security;
            }
            tool
        };
        server.tools = requirements.iter().enumerate().map(with).collect();
        server
    }

    fn required(server: &Server, env: &str) -> &'static str {
        let setting = Setting {
            env: env.to_owned(),
            description: String::new(),
            secret: true,
            required: false,
            default: None,
            span: server.span,
        };
        Needs::of(server).required(&setting)
    }

    #[test]
    fn one_choice_serves_every_tool_and_is_as_small_as_can_be() {
        type Case = (&'static [&'static [&'static [&'static str]]], &'static [&'static str]);
        let cases: [Case; 7] = [
            (&[&[&["basic"], &["bearer"]]], &["T_BASIC"]),
            // The other tool needs the bearer token anyway.
            (&[&[&["basic"], &["bearer"]], &[&["bearer"]]], &["T_BEARER"]),
            (&[&[&["basic", "key"], &["bearer"]]], &["T_BEARER"]),
            (&[&[&["key", "mtls"]]], &["T_KEY", "T_MTLS", "T_MTLS_KEY"]),
            (&[&[&["oauth"]]], &["T_CLIENT_ID", "T_CLIENT_SECRET"]),
            (&[&[&["basic"], &[]], &[]], &[]),
            (&[&[], &[&["basic"]]], &["T_BASIC"]),
        ];
        for (requirements, expected) in cases {
            assert_eq!(Needs::of(&server(requirements)).chosen(), expected, "{requirements:?}");
        }
    }

    #[test]
    fn required_says_what_a_person_must_set() {
        let alternatives = server(&[&[&["basic"], &["bearer"]]]);
        assert_eq!(required(&alternatives, "T_BASIC"), "as an alternative");
        assert_eq!(required(&alternatives, "T_KEY"), "no");
        let all = server(&[&[&["basic"]], &[&["basic", "key"]]]);
        assert_eq!(required(&all, "T_BASIC"), "yes");
        assert_eq!(required(&all, "T_KEY"), "by some tools");
        let oauth = server(&[&[&["oauth"]]]);
        for env in ["T_OAUTH", "T_CLIENT_ID", "T_CLIENT_SECRET"] {
            assert_eq!(required(&oauth, env), "as an alternative");
        }
        assert_eq!(required(&oauth, "T_TOKEN_URL"), "no");
        assert_eq!(required(&server(&[&[&["basic"], &[]]]), "T_BASIC"), "no");
        assert_eq!(required(&server(&[&[], &[&["basic"]]]), "T_BASIC"), "by some tools");
    }

    #[test]
    fn the_table_names_the_tools_of_each_need() {
        let server = server(&[&[&["oauth"], &["basic", "key"]], &[], &[&["mtls"], &[]]]);
        let rows: Vec<_> = Needs::of(&server).rows().into_iter().map(|row| (row.who, row.variables)).collect();
        let row = |who: &str, variables: &str| (who.to_owned(), variables.to_owned());
        assert_eq!(
            rows,
            [
                row("`tool_0`", "`T_CLIENT_ID` and `T_CLIENT_SECRET` (or `T_OAUTH`), or `T_BASIC` and `T_KEY`"),
                row("`tool_1`", "nothing"),
                row("`tool_2`", "`T_MTLS` and `T_MTLS_KEY`, or nothing"),
            ]
        );
        assert!(Needs::of(&self::server(&[&[]])).rows().is_empty());
        let basic: &[&[&str]] = &[&["basic"]];
        let many = self::server(&[basic; 9]);
        assert_eq!(Needs::of(&many).rows().first().map(|row| row.who.as_str()), Some("all"));
    }
}
