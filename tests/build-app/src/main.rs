//! The petstore server as a person would extend it: one operation answers differently, and one tool is written by hand.

use std::process::ExitCode;

use mcpgen_runtime::{Args, Base, Context, Env, EnvError, Error, Json, Server, ToolDef, Upstream, upstream};
use petstore::{Client, GetInventoryInput, GetPet, GetPetError, GetPetInput, Pet, Petstore};

mod petstore {
    mcpgen_runtime::include_server!("petstore");
}

/// Calls the API for every tool but one.
#[derive(Clone)]
struct Shop {
    client: Client,
}

impl Base for Shop {
    fn upstream(&self) -> &Upstream {
        self.client.upstream()
    }
}

impl Petstore for Shop {
    /// The name of a pet as it stands on the door of its cage.
    async fn get_pet(&self, cx: &Context, input: Args<GetPetInput>) -> Result<Json<Pet>, GetPetError> {
        let mut pet = upstream::<GetPet>(self.upstream(), cx, input).await?.decode()?;
        pet.name = pet.name.to_uppercase();
        Ok(Json::encode(&pet)?)
    }
}

/// No operation of the API: it is made from one.
static COUNT_PETS: ToolDef = ToolDef {
    name: "count_pets",
    description: "Returns how many pets there are, whatever their state.",
    input_schema: r#"{"type":"object","properties":{},"additionalProperties":false}"#,
    ..ToolDef::DEFAULT
};

#[derive(serde::Serialize)]
struct Count {
    pets: i64,
}

fn server(env: &Env) -> Result<Server, EnvError> {
    let shop = Shop { client: Client::from_env(env)? };
    let counter = shop.clone();
    let server = petstore::builder(shop).tool(&COUNT_PETS, move |cx, _: Args<GetInventoryInput>| {
        let shop = counter.clone();
        async move {
            let input = Args::encode(&GetInventoryInput::default())?;
            let inventory = shop.get_inventory(&cx, input).await.map_err(mcpgen_runtime::ToolError::into_error)?;
            Ok::<_, Error>(Count { pets: inventory.decode()?.values().sum() })
        }
    });
    Ok(server.build())
}

fn main() -> ExitCode {
    mcpgen_runtime::main(&petstore::SERVER, server)
}

/// Search mode has a file of data beside its modules, which must be found from here.
#[cfg(test)]
mod tests {
    use mcpgen_runtime::Env;
    use serde_json::json;

    mod kitchen_sink {
        mcpgen_runtime::include_server!("kitchen-sink");
    }

    #[tokio::test]
    async fn operations_of_a_build_script_are_found() -> Result<(), mcpgen_runtime::EnvError> {
        let env = Env::from_pairs([("KITCHEN_SINK_BASE_URL", "http://127.0.0.1:9")]);
        let server = kitchen_sink::server(kitchen_sink::Client::from_env(&env)?);
        let found = server.call_tool("search_operations", json!({"query": "cookies"})).await;
        assert!(found.text().starts_with("cookies  GET /cookies  "), "{}", found.text());
        Ok(())
    }
}
