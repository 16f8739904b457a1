//! OpenAPI 3.0 and 3.1 → model. The only folder that imports `openapiv3`.

mod definitions;
mod grammar;
mod refs;
mod schema;
mod skeleton;
