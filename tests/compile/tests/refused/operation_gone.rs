//! An override of an operation that the document no longer has.

use mcpgen_runtime::{Args, Base, Context, Json, Upstream, upstream};
use petstore::{AdoptPet, AdoptPetInput, Client, CreatePetError, Pet, Petstore};

struct Shop(Client);

impl Base for Shop {
    fn upstream(&self) -> &Upstream {
        self.0.upstream()
    }
}

impl Petstore for Shop {
    async fn adopt_pet(&self, cx: &Context, input: Args<AdoptPetInput>) -> Result<Json<Pet>, CreatePetError> {
        upstream::<AdoptPet>(self.upstream(), cx, input).await
    }
}

fn main() {}
