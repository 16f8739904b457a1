use super::*;
use crate::model::{Read, ResourceTemplate};
use crate::samples;

/// The planned server and the codes that were reported.
fn planned(server: Server, options: &Options) -> (Result<Server, Stop>, Vec<&'static str>) {
    let mut report = Report::default();
    report.sources = samples::sources("a.yaml");
    let result = plan(server, options, &mut report);
    (result, report.sorted().into_iter().map(|diagnostic| diagnostic.code.0).collect())
}

fn names(server: &Server) -> Vec<&str> {
    server.tools.iter().map(|tool| tool.name.as_str()).collect()
}

fn template_of(server: &Server, uri: &str) -> ResourceTemplate {
    let template = server.templates.first().unwrap();
    ResourceTemplate { uri_template: uri.to_owned(), ..template.clone() }
}

#[test]
fn good_servers_pass_as_they_are() {
    for server in [samples::weather(), samples::petstore()] {
        let before = format!("{server:?}");
        let (after, codes) = planned(server, &Options::default());
        assert_eq!((format!("{:?}", after.unwrap()), codes.len()), (before, 0));
    }
}

#[test]
fn tool_names_are_unique_and_fit() {
    let mut server = samples::petstore();
    let long = "x".repeat(80);
    let other = format!("{}y", "x".repeat(79));
    for (tool, name) in server.tools.iter_mut().zip(["get_pet", "get_pet", long.as_str(), other.as_str()]) {
        tool.name = name.to_owned();
    }
    server.resources.clear();
    let (server, codes) = planned(server, &Options::default());
    let server = server.unwrap();
    let names = names(&server);
    assert_eq!(names.get(..2), Some(["get_pet", "get_pet_2"].as_slice()));
    assert!(names.iter().all(|name| name.len() <= 64), "{names:?}");
    assert_ne!(names.get(2), names.get(3), "names with a long common beginning stay apart");
    // Cursor adds the name of the server.
    assert_eq!(codes, ["W0601", "W0601", "W0608", "W0601"]);
}

#[test]
fn a_name_that_clients_refuse_is_changed_with_what_reads_by_it() {
    let mut server = samples::petstore();
    server.tools.get_mut(1).unwrap().name = "pets/get one".to_owned();
    server.templates.first_mut().unwrap().read = Read::Tool("pets/get one".to_owned());
    let (server, codes) = planned(server, &Options::default());
    let server = server.unwrap();
    assert_eq!(names(&server).get(1), Some(&"pets_get_one"));
    assert!(matches!(&server.templates.first().unwrap().read, Read::Tool(name) if name == "pets_get_one"));
    assert_eq!(codes, ["W0601"]);
}

#[test]
fn resources_without_their_tool_are_left_out() {
    let mut server = samples::petstore();
    server.tools.retain(|tool| tool.name != "get_pet" && tool.name != "list_pets");
    let (server, codes) = planned(server, &Options::default());
    let server = server.unwrap();
    assert_eq!((server.templates.len(), server.resources.len()), (0, 0));
    assert_eq!(codes, ["W0603", "W0603"]);
}

#[test]
fn overlapping_templates_of_an_api_leave_one_out() {
    let mut server = samples::petstore();
    let by_name = template_of(&server, "petstore://{kind}/by-name");
    let specific = template_of(&server, "petstore://pets/{petId}/photo");
    server.templates.extend([by_name, specific]);
    let (server, codes) = planned(server, &Options::default());
    let uris: Vec<_> =
        server.as_ref().unwrap().templates.iter().map(|template| template.uri_template.as_str()).collect();
    assert_eq!(uris, ["petstore://pets/{petId}", "petstore://pets/{petId}/photo"]);
    // The three have one name, too.
    assert_eq!(codes.iter().filter(|code| **code == "W0604").count(), 1);
}

#[test]
fn overlapping_templates_of_a_server_spec_are_refused() {
    let mut server = samples::weather();
    let other = template_of(&server, "weather://tokyo/{what}");
    server.templates.push(other);
    let (server, codes) = planned(server, &Options::default());
    assert!(server.is_err());
    assert!(codes.contains(&"E0603"), "{codes:?}");
}

#[test]
fn the_name_of_the_options_wins_if_it_is_one() {
    let options = |name: &str| Options { name: Some(name.to_owned()), ..Options::default() };
    let (server, _) = planned(samples::weather(), &options("tokyo-weather"));
    assert_eq!(server.unwrap().name, "tokyo-weather");
    for name in ["", "Weather", "a b", "-a", "a-", "a--b", "1a", "../x", "wëather", &"x".repeat(65)] {
        let (server, codes) = planned(samples::weather(), &options(name));
        assert!(server.is_err() && codes == ["E0601"], "{name:?}");
    }
}

const HALF_ODD: &str = "openapi: 3.0.3
info: {title: T, version: '1'}
servers: [{url: 'https://t.test'}]
paths:
  /good:
    get: {operationId: good, responses: {'200': {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/Shared'}}}}}}
  /odd:
    get:
      operationId: odd
      parameters: [{name: q, in: query, schema: {type: Integer}}]
      responses: {'200': {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/Odd'}}}}}
components:
  schemas:
    Shared: {type: object, properties: {a: {type: Strin}}}
    Odd: {type: object, properties: {a: {type: Numbr}, b: {$ref: '#/components/schemas/Shared'}}}
";

#[test]
fn what_is_left_out_is_not_warned_about() {
    let builder = || crate::Builder::new("t.yaml").bytes(HALF_ODD);
    let warnings = |builder: crate::Builder| builder.generate().unwrap().warnings(false);
    let all = warnings(builder());
    for word in ["Integer", "Strin`", "Numbr"] {
        assert!(all.contains(word), "{word}: {all}");
    }
    let good = warnings(builder().only(["good"]));
    assert!(good.contains("Strin`") && !good.contains("Integer") && !good.contains("Numbr"), "{good}");
    // Strict refuses what is used, and nothing else.
    let refused = |builder: crate::Builder| builder.strict(true).generate().unwrap_err().to_string();
    assert!(refused(builder().only(["good"])).contains("Strin`"));
    let fixed = HALF_ODD.replace("Strin}", "string}");
    crate::Builder::new("t.yaml").bytes(&*fixed).only(["good"]).strict(true).generate().unwrap();
}

#[test]
fn the_key_of_a_client_leaves_room_for_every_tool() {
    let mut server = samples::petstore();
    server.name = "pets-of-the-whole-world".to_owned();
    assert_eq!(server.key(), "pets-of-the-whole-world");
    for (length, key) in [(34, "pets-of-the-whole-world"), (35, "pets-of-the-whole"), (48, "pets-of"), (64, "pets")] {
        server.tools.first_mut().unwrap().name = "x".repeat(length);
        assert_eq!(server.key(), key, "{length}");
    }
}
