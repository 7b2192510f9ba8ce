//! The requirement model against the embedded catalogue and a small fixed one.

use super::*;

#[test]
fn the_embedded_catalogue_parses() {
    let catalogue = Catalogue::from_json(include_str!("../../../spec/requirements.json")).unwrap();
    assert_eq!(&catalogue, Catalogue::standard());
}
