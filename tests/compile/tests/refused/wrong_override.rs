//! An override answers with another type than the operation has in the document.

use mcpgen_runtime::{Args, Base, Context, Json, Upstream};
use petstore::{Client, GetPetError, GetPetInput, Pet, Petstore};

struct Shop(Client);

impl Base for Shop {
    fn upstream(&self) -> &Upstream {
        self.0.upstream()
    }
}

impl Petstore for Shop {
    async fn get_pet(&self, _: &Context, _: Args<GetPetInput>) -> Result<Json<Vec<Pet>>, GetPetError> {
        Ok(Json::encode(&Vec::new())?)
    }
}

fn main() {}
