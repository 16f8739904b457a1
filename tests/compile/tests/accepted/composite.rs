//! A tool of one's own that calls two generated ones.

use mcpgen_runtime::{Args, Context, Error, ToolDef, ToolError};
use petstore::{Client, GetInventoryInput, GetPetInput, Petstore};
use serde::{Deserialize, Serialize};
use serde_json::json;

static DESCRIBE: ToolDef = ToolDef {
    name: "describe_pet",
    description: "Says who a pet is and among how many it lives.",
    input_schema: r#"{"type":"object","properties":{"pet":{"type":"integer"}},"required":["pet"]}"#,
    ..ToolDef::DEFAULT
};

#[derive(Deserialize)]
struct Input {
    pet: i64,
}

#[derive(Serialize)]
struct Description {
    text: String,
}

/// Any handlers will do: an override of an operation holds here, too.
async fn describe(shop: impl Petstore, cx: Context, input: Args<Input>) -> Result<Description, Error> {
    let input = GetPetInput { pet_id: input.decode()?.pet };
    let pet = shop.get_pet(&cx, Args::encode(&input)?).await.map_err(ToolError::into_error)?.decode()?;
    let inventory = shop.get_inventory(&cx, Args::encode(&GetInventoryInput::default())?).await;
    let pets: i64 = inventory.map_err(ToolError::into_error)?.decode()?.values().sum();
    Ok(Description { text: format!("{} is one of {pets}", pet.name) })
}

fn server(client: Client) -> mcpgen_runtime::Server {
    petstore::builder(client.clone()).tool(&DESCRIBE, move |cx, input| describe(client.clone(), cx, input)).build()
}

#[tokio::test]
async fn a_composite_tool_calls_two_generated_ones() {
    let api = crate::api();
    let answer = crate::call(&server(crate::client(&api)), "describe_pet", json!({"pet": 1})).await;
    assert_eq!(answer, json!({"text": "Rex is one of 7"}));
    let targets: Vec<_> = api.take().into_iter().map(|request| request.target).collect();
    assert_eq!(targets, ["/pets/1", "/inventory"]);
}
