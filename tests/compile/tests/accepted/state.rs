//! Handlers with state of their own: what they remember, and an answer that they make themselves.

use std::collections::BTreeMap;
use std::sync::Mutex;

use mcpgen_runtime::{Args, Base, Context, Error, ErrorKind, Json, Upstream, upstream};
use petstore::{
    Client, CreatePet, CreatePetError, CreatePetInput, GetPetError, GetPetInput, Kind, Pet, PetRequired, Petstore,
    Status,
};
use serde_json::json;

/// Keeps pets that the API does not know yet. Methods take `&self`, calls run at the same time: so a lock.
struct Drafts {
    client: Client,
    pets: Mutex<BTreeMap<i64, Pet>>,
}

impl Base for Drafts {
    fn upstream(&self) -> &Upstream {
        self.client.upstream()
    }
}

impl Petstore for Drafts {
    /// A cat is written down here; every other animal goes to the API.
    async fn create_pet(&self, cx: &Context, input: Args<CreatePetInput>) -> Result<Json<Pet>, CreatePetError> {
        let draft: CreatePetInput = input.decode()?;
        if draft.kind != Kind::Cat {
            return upstream::<CreatePet>(self.upstream(), cx, input).await;
        }
        let mut pets = self.pets.lock().map_err(|_| Error::new(ErrorKind::Internal, "The drafts are lost."))?;
        let id = -1 - i64::try_from(pets.len()).unwrap_or(i64::MAX - 1);
        // `new` takes what is required, by name where positions could be mistaken; the rest is absent.
        let required = PetRequired {
            id,
            name: draft.name,
            kind: draft.kind,
            status: Status::Reserved,
            created_at: "2026-01-02T03:04:05Z".to_owned(),
        };
        let pet = Pet { tag: draft.tag, ..Pet::new(required) };
        pets.insert(id, pet.clone());
        Ok(Json::encode(&pet)?)
    }

    /// A draft, or a typed error of the operation for one that is not there.
    async fn get_pet(&self, _: &Context, input: Args<GetPetInput>) -> Result<Json<Pet>, GetPetError> {
        let GetPetInput { pet_id } = input.decode()?;
        let pets = self.pets.lock().map_err(|_| Error::new(ErrorKind::Internal, "The drafts are lost."))?;
        match pets.get(&pet_id) {
            Some(pet) => Ok(Json::encode(pet)?),
            None => Err(Error::new(ErrorKind::NotFound, format!("There is no draft {pet_id}.")).into()),
        }
    }
}

#[tokio::test]
async fn handlers_remember_what_they_were_told() {
    let api = crate::api();
    let server = petstore::server(Drafts { client: crate::client(&api), pets: Mutex::default() });
    let made = crate::call(&server, "create_pet", json!({"name": "Tom", "kind": "cat"})).await;
    assert_eq!((&made["id"], &made["status"], made.get("home")), (&json!(-1), &json!("reserved"), None));
    let failed = server.call_tool("get_pet", json!({"petId": 7})).await;
    assert_eq!(failed.error.map(|error| error.kind()), Some(ErrorKind::NotFound));
    assert_eq!(crate::call(&server, "get_inventory", json!({})).await, json!({"available": 3, "sold": 4}));
    assert_eq!(api.take().len(), 1, "only the inventory is the API's");
}
