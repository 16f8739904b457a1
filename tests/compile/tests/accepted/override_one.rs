//! One operation is somebody's own, the others call the API.

use mcpgen_runtime::{Args, Base, Context, Json, Upstream, upstream};
use petstore::{Client, GetPet, GetPetError, GetPetInput, Pet, Petstore};
use serde_json::json;

struct Shop(Client);

impl Base for Shop {
    fn upstream(&self) -> &Upstream {
        self.0.upstream()
    }
}

impl Petstore for Shop {
    async fn get_pet(&self, cx: &Context, input: Args<GetPetInput>) -> Result<Json<Pet>, GetPetError> {
        let mut pet = upstream::<GetPet>(self.upstream(), cx, input).await?.decode()?;
        pet.name.push('!');
        Ok(Json::encode(&pet)?)
    }
}

#[tokio::test]
async fn an_override_answers_in_place_of_the_default() {
    let api = crate::api();
    let server = petstore::server(Shop(crate::client(&api)));
    assert_eq!(crate::call(&server, "get_pet", json!({"petId": 1})).await["name"], "Rex!");
    assert_eq!(crate::call(&server, "get_inventory", json!({})).await, json!({"available": 3, "sold": 4}));
}
