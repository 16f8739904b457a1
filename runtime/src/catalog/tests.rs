//! A small library: what lines say, and which operation a question finds. Questions and answers were written by hand.

use super::*;
use crate::upstream::{BodyLayout, FixedValue, Location, Style};

pub(crate) static LIBRARY: Catalog = Catalog::new(
    include_str!("library.jsonl"),
    CatalogTools {
        search: ToolDef {
            name: "search_operations",
            input_schema: r#"{"type":"object","required":["query"],"properties":{"query":{"type":"string"},"limit":{"type":"integer"}}}"#,
            ..ToolDef::DEFAULT
        },
        describe: ToolDef {
            name: "describe_operation",
            input_schema: r#"{"type":"object","required":["name"],"properties":{"name":{"type":"string"}}}"#,
            ..ToolDef::DEFAULT
        },
        call: ToolDef {
            name: "call_operation",
            input_schema: r#"{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"arguments":{"type":"object"}},"additionalProperties":false}"#,
            ..ToolDef::DEFAULT
        },
    },
);

fn entry(name: &str) -> &'static Entry {
    LIBRARY.entry(LIBRARY.find(name).unwrap()).unwrap()
}

#[test]
fn every_line_is_an_operation() {
    assert_eq!(LIBRARY.len(), 25);
    for place in 0..LIBRARY.len() {
        LIBRARY.entry(place).unwrap();
    }
    assert!(LIBRARY.find("//").is_none() && LIBRARY.entry(LIBRARY.len()).is_err());
}

#[test]
fn a_line_is_what_the_tables_of_a_typed_tool_are() {
    let list = entry("list_books");
    assert_eq!(
        (list.operation.method, list.operation.path, list.operation.accept),
        ("GET", "/books", "application/json")
    );
    let [author, limit] = list.operation.parameters else { panic!("{:?}", list.operation.parameters) };
    assert_eq!(
        (author.argument, author.name, author.location, author.style, author.explode),
        ("author", "by", Location::Query, Style::Form, true)
    );
    assert_eq!((limit.argument, limit.name), ("limit", "limit"));
    assert!(list.operation.body.is_none() && list.operation.security.is_empty() && list.operation.fixed.is_empty());
    assert_eq!(
        (list.def.name, list.def.title, list.def.annotations.read_only),
        ("list_books", Some("List books"), Some(true))
    );

    let pay = entry("pay_fee");
    let [fee] = pay.operation.parameters else { panic!("{:?}", pay.operation.parameters) };
    assert_eq!((fee.location, fee.style, fee.explode), (Location::Path, Style::Simple, false));
    let body = pay.operation.body.as_ref().unwrap();
    assert!(body.required && body.media_type == "application/json");
    let BodyLayout::Flattened(pairs) = body.layout else { panic!("{:?}", body.layout) };
    assert_eq!(pairs, [("amount", "amount"), ("currency", "currency"), ("till", "till")]);
    assert_eq!(pay.operation.security, [["key", "cookie"]]);
    let [currency, till] = pay.operation.fixed else { panic!("{:?}", pay.operation.fixed) };
    assert_eq!((currency.argument, currency.value), ("currency", FixedValue::Json("\"EUR\"")));
    assert_eq!((till.argument, till.value), ("till", FixedValue::Env { env: "T_TILL", json: false }));

    assert_eq!(entry("list_overdue").def.deadline_ms, Some(60));
    let said = entry("say");
    assert_eq!(
        (said.operation.path, said.operation.accept, said.def.title),
        ("/say/a", "text/plain", Some("Say \"a\""))
    );
    assert_eq!(said.def.description, "Quotes: \"a\".\n\nHidden: \u{202e}.");
}

#[test]
fn errors_are_found_by_status_the_exact_one_first() {
    let types = [404, 409, 503].map(|status| entry("get_book").declared(status).map(|error| error.type_name));
    assert_eq!(types, [Some("NoSuchBook"), Some("Refused"), Some("Default")]);
    assert!(entry("list_books").declared(404).is_none());
}

#[test]
fn a_line_that_is_none_is_an_error_and_no_panic() {
    static BROKEN: Catalog = Catalog::new(
        "{\"//\":\"\"}\n{\"name\":\"a\",\"method\":3}\n{\"name\":\"b\"\nnothing\n",
        CatalogTools { search: ToolDef::DEFAULT, describe: ToolDef::DEFAULT, call: ToolDef::DEFAULT },
    );
    assert_eq!(BROKEN.len(), 2);
    assert!(BROKEN.entry(0).is_err() && BROKEN.entry(1).is_err());
    assert_eq!(BROKEN.search("a", 5).matches, 0);
}

fn found(query: &str) -> Vec<&'static str> {
    LIBRARY.search(query, 3).hits.iter().map(|hit| hit.name).collect()
}

#[test]
fn questions_find_their_operation_first() {
    for (question, right) in [
        ("list books", "list_books"),
        ("what books does the library have", "list_books"),
        ("add a new book", "add_book"),
        ("delete a book", "delete_book"),
        ("mark a book as lost", "update_book"),
        ("which loans are overdue", "list_overdue"),
        ("lend a book", "lend_copy"),
        ("return a copy", "return_copy"),
        ("extend the loan: renewing", "renew_loan"),
        ("library card for somebody", "register_reader"),
        ("blocking readers", "block_reader"),
        ("show one reader", "get_reader"),
        ("pay the fee", "pay_fee"),
        ("fees of a reader", "list_fees"),
        ("reserve", "reserve_book"),
        ("abort a reservation", "cancel_reservation"),
        ("tell me the openingHours", "get_opening_hours"),
        ("change the opening hours", "set_opening_hours"),
        ("remind somebody by email of an overdue loan", "send_reminder"),
        ("DELETE /fees", "waive_fee"),
    ] {
        let found = found(question);
        assert!(found.first() == Some(&right), "{question}: {found:?}");
    }
}

/// Words alone do not tell one book from many.
#[test]
fn a_question_that_names_a_thing_alone_finds_everything_about_it() {
    let found = LIBRARY.search("what books are there", 8);
    let all = ["list_books", "add_book", "get_book", "update_book", "delete_book", "list_copies", "reserve_book"];
    assert!(all.iter().all(|name| found.hits.iter().any(|hit| hit.name == *name)), "{:?}", found.hits);
}

/// `views` are what is wanted, and no other word for `get`.
#[test]
fn a_plural_is_no_verb() {
    let terms = |query: &str| LIBRARY.search(query, 25).matches;
    assert!(terms("loans overdue") < terms("loans overdue get"), "a verb finds what others do");
}

/// What is not found today, because the document has the word in the description of an argument alone.
#[test]
fn a_question_in_other_words_than_the_document_is_missed() {
    assert!(!found("borrow a book").contains(&"lend_copy"), "good news: tell it in the first list");
}

#[test]
fn slips_and_beginnings_of_words_find_what_is_meant() {
    for (question, right) in [
        ("resrvation", "cancel_reservation"),
        ("reminde", "send_reminder"),
        ("overdu loan", "list_overdue"),
        ("regist", "register_reader"),
    ] {
        assert!(found(question).contains(&right), "{question}: {:?}", found(question));
    }
}

#[test]
fn a_word_that_is_said_to_be_absent_hardly_counts() {
    assert_eq!(found("show a reader without fees").first(), Some(&"get_reader"));
}

#[test]
fn nothing_is_found_for_no_words_and_limits_hold() {
    for query in ["", "  ", "the of", "zzzzzz qqqqqq", "\u{0}\u{202e}", "🦀"] {
        let found = LIBRARY.search(query, 5);
        assert_eq!((found.hits.len(), found.matches), (0, 0), "{query:?}");
    }
    let books = LIBRARY.search("book", 2);
    assert!(books.hits.len() == 2 && books.matches > 2);
    // Longer than any question, and quick all the same.
    let found = LIBRARY.search(&"book reader fee ".repeat(100_000), 5);
    assert_eq!(found.hits.len(), 5);
}

#[test]
fn the_same_question_has_the_same_answer() {
    let first = found("reader");
    for _ in 0..20 {
        assert_eq!(found("reader"), first);
    }
}

#[test]
fn a_slip_in_a_name_is_recognised() {
    assert_eq!(LIBRARY.closest("listBook"), Some("list_books"));
    assert_eq!(LIBRARY.closest("frobnicate"), None);
}
