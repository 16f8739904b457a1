use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Codec;
use crate::codegen as rt;

#[derive(Clone, Debug, PartialEq)]
struct Pet {
    id: i64,
    owner: Option<Box<Pet>>,
    tag: Option<Option<String>>,
    nickname: Option<String>,
    days: u64,
    kind: Option<Kind>,
    rest: BTreeMap<String, f64>,
}

rt::record!(Pet {
    id: required "id",
    owner: optional "the owner",
    tag: optional "tag",
    nickname: required "nick/name",
    days: default "days" or || 3,
    kind: optional "kind",
    rest: rest "",
});

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Cat,
    GuineaPig,
}

rt::text_enum!(Kind {
    Cat = "cat",
    GuineaPig = "guinea-pig",
});

#[derive(Clone, Debug, PartialEq)]
enum Closed {
    Kind(Kind),
    Small(Small),
    Large(Large),
}

rt::union!(Closed { Kind, Small, Large });

#[derive(Clone, Debug, PartialEq)]
enum Open {
    Number(f64),
    Many(Vec<Closed>),
    Other(Value),
}

rt::union!(Open { Number, Many } or Other);

/// Both variants hold the same members: only the discriminator tells them apart.
#[derive(Clone, Debug, PartialEq)]
enum Tagged {
    Cat(Box<Named>),
    Dog(Box<Named>),
}

rt::union!(Tagged by "type" { Cat = "cat" | "tom", Dog = "dog" });

#[derive(Clone, Debug, PartialEq)]
struct Named {
    r#type: String,
    name: String,
}

rt::record!(Named { r#type: required "type", name: required "name" });

#[derive(Clone, Debug, PartialEq)]
struct Small {
    a: Option<i64>,
}

rt::record!(Small { a: optional "a" });

#[derive(Clone, Debug, PartialEq)]
struct Large {
    a: Option<i64>,
    b: Option<i64>,
}

rt::record!(Large { a: optional "a", b: optional "b" });

/// Reads and writes: the value as it was, or as `expected` says.
#[track_caller]
fn round_trip<T: Codec + PartialEq + std::fmt::Debug>(value: Value) -> T {
    let decoded = T::decode(value.clone()).unwrap_or_else(|mismatch| panic!("{value}: {mismatch}"));
    let view = decoded.view();
    assert_eq!(view.lost(&value), 0, "{value} → {}", view.to_json());
    assert_eq!(view.to_json(), value);
    drop(view);
    decoded
}

#[track_caller]
fn refused<T: Codec + std::fmt::Debug>(value: Value, expected: &str) {
    assert_eq!(T::decode(value).unwrap_err().to_string(), expected);
}

#[test]
fn absent_null_and_value_stay_apart() {
    let base = || json!({"id": 1, "nick/name": null, "days": 3});
    let pet: Pet = round_trip(base());
    assert_eq!((pet.tag, pet.nickname), (None, None));
    for (tag, expected) in [(json!(null), None), (json!(""), Some(String::new())), (json!("x"), Some("x".to_owned()))] {
        let mut value = base();
        value["tag"] = tag;
        assert_eq!(round_trip::<Pet>(value).tag, Some(expected));
    }
}

#[test]
fn names_defaults_and_the_rest_are_kept() {
    let value = json!({"id": 1, "nick/name": "n", "days": 9, "kind": "guinea-pig", "weight": 1.5, "age": 5,
        "the owner": {"id": 2, "nick/name": null, "days": 3}});
    let pet: Pet = round_trip(value);
    assert_eq!(pet.kind.map(Kind::as_str), Some("guinea-pig"));
    assert_eq!(pet.rest.keys().collect::<Vec<_>>(), ["age", "weight"]);
    let pet = Pet::decode(json!({"id": 1, "nick/name": null})).unwrap();
    assert_eq!(pet.days, 3);
}

#[test]
fn members_keep_the_order_of_the_document() {
    let value = json!({"id": 1, "nick/name": null, "days": 3, "tag": "x", "a": 5});
    let pet = Pet::decode(value).unwrap();
    assert_eq!(serde_json::to_string(&pet).unwrap(), r#"{"id":1,"tag":"x","nick/name":null,"days":3,"a":5}"#);
    let back: Pet = serde_json::from_str(r#"{"id":1,"tag":"x","nick/name":null,"days":3,"a":5}"#).unwrap();
    assert_eq!(back, pet);
}

#[test]
fn a_mismatch_says_where_and_what() {
    refused::<Pet>(json!({"id": 1}), "the property `nick/name` is missing");
    refused::<Pet>(json!({"id": "1", "nick/name": null}), "/id: expected an integer of 64 bits, found \"1\"");
    refused::<Pet>(json!({"id": 1, "nick/name": {}}), "/nick~1name: expected a string, found an object");
    refused::<Pet>(
        json!({"id": 1, "nick/name": null, "the owner": {"id": 1, "nick/name": 5}}),
        "/the owner/nick~1name: expected a string, found 5",
    );
    refused::<Pet>(
        json!({"id": 1, "nick/name": null, "x": []}),
        "/x: expected a number that `f64` can hold, found an array",
    );
    refused::<Kind>(json!("dog"), "expected one of \"cat\", \"guinea-pig\", found \"dog\"");
    refused::<Vec<bool>>(json!([true, 0]), "/1: expected true or false, found 0");
    refused::<Pet>(json!([]), "expected an object, found an array");
}

#[test]
fn null_for_what_has_no_null_counts_as_absent() {
    let pet = Pet::decode(json!({"id": 1, "nick/name": null, "kind": null, "the owner": null})).unwrap();
    assert_eq!((pet.kind, pet.owner), (None, None));
}

/// JSON Schema 2020-12 §6.1.1: a number with a zero fraction is an integer; and what a type cannot hold it refuses.
#[test]
fn numbers_keep_their_value_or_are_refused() {
    assert_eq!(i64::decode(json!(1.0)).unwrap(), 1);
    assert_eq!(u64::decode(json!(3e2)).unwrap(), 300);
    round_trip::<i64>(json!(i64::MIN));
    round_trip::<u64>(json!(u64::MAX));
    for value in [json!(u64::MAX), json!(0.5), json!(1e300), json!("1")] {
        assert!(i64::decode(value.clone()).is_err(), "{value}");
    }
    assert!(u64::decode(json!(-1)).is_err());
    for value in [json!(5), json!(-5), json!(0.1), json!(1e300), json!(9_007_199_254_740_992_i64), json!(1_u64 << 63)] {
        let decoded = f64::decode(value.clone()).unwrap();
        assert_eq!(decoded.view().lost(&value), 0, "{value}");
    }
    assert!(f64::decode(json!(9_007_199_254_740_993_i64)).is_err());
    assert_eq!(serde_json::to_string(&5.0_f64.view()).unwrap(), "5");
    assert_eq!(serde_json::to_string(&f64::NAN.view()).unwrap(), "null");
    assert_eq!(serde_json::to_string(&(-0.0_f64).view()).unwrap(), "-0.0");
}

#[test]
fn a_union_takes_the_variant_that_holds_the_whole_value() {
    assert_eq!(round_trip::<Closed>(json!("cat")), Closed::Kind(Kind::Cat));
    assert_eq!(round_trip::<Closed>(json!({"a": 1})), Closed::Small(Small { a: Some(1) }));
    assert_eq!(round_trip::<Closed>(json!({"a": 1, "b": 2})), Closed::Large(Large { a: Some(1), b: Some(2) }));
    // A member that no variant has is lost in all of them alike.
    assert_eq!(Closed::decode(json!({"b": 2, "c": 3})).unwrap(), Closed::Large(Large { a: None, b: Some(2) }));
    refused::<Closed>(json!("dog"), "expected one of \"cat\", \"guinea-pig\", found \"dog\"");
}

#[test]
fn an_open_union_keeps_what_fits_no_variant() {
    round_trip::<Open>(json!(1.5));
    round_trip::<Open>(json!(["cat", {"b": 1}]));
    assert_eq!(round_trip::<Open>(json!({"new": [1]})), Open::Other(json!({"new": [1]})));
    assert_eq!(round_trip::<Open>(json!(null)), Open::Other(json!(null)));
}

#[test]
fn a_discriminator_decides() {
    let named = |kind: &str| json!({"type": kind, "name": "n"});
    assert!(matches!(round_trip::<Tagged>(named("cat")), Tagged::Cat(_)));
    assert!(matches!(round_trip::<Tagged>(named("tom")), Tagged::Cat(_)));
    assert!(matches!(round_trip::<Tagged>(named("dog")), Tagged::Dog(_)));
    refused::<Tagged>(named("cow"), "no variant is named \"cow\"");
    refused::<Tagged>(json!({"name": "n"}), "the property `type` must be a string");
    refused::<Tagged>(json!({"type": "dog"}), "the property `name` is missing");
}

#[derive(Clone, Debug, PartialEq)]
struct Toy {
    name: String,
    r#type: Option<String>,
    price: u64,
    rest: BTreeMap<String, f64>,
}

rt::record!(Toy::new(name: String) {
    name: required "name",
    r#type: optional "type",
    price: default "price" or || 7,
    rest: rest "",
});

#[test]
fn a_new_record_is_what_an_object_with_the_required_members_alone_is() {
    let toy = Toy::new("ball".to_owned());
    assert_eq!(toy, Toy::decode(json!({"name": "ball"})).unwrap());
    assert_eq!((toy.price, toy.r#type, toy.rest.len()), (7, None, 0));
}

#[derive(Debug, PartialEq)]
pub struct Trip {
    from: String,
    r#type: String,
    seat: Option<String>,
    price: u64,
}

rt::record!(Trip::new(TripRequired {
    from: String,
    r#type: String,
}) {
    from: required "from",
    r#type: required "type",
    seat: optional "seat",
    price: default "price" or || 7,
});

#[test]
fn a_new_record_may_take_what_is_required_by_name() {
    let trip = Trip::new(TripRequired { r#type: "train".to_owned(), from: "A".to_owned() });
    assert_eq!(trip, Trip::decode(json!({"from": "A", "type": "train"})).unwrap());
    assert_eq!((trip.price, trip.seat), (7, None));
}
