//! STAND-IN for the stage that lowers OpenAPI documents.

use crate::diag::{Report, Stop};
use crate::load::Document;
use crate::model::Server;
use crate::options::Options;

pub(crate) fn lower(_: &Document, _: &Options, _: &mut Report) -> Result<Server, Stop> {
    Err(Stop)
}
