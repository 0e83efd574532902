//! Subprotocols. Apps that offer none do not load the code of this module.

use js_sys::Array;
use wasm_bindgen::JsValue;

/// Returns the subprotocols of a target. A function, so that only apps that offer subprotocols load what it refers to.
#[derive(Clone, Copy)]
pub(crate) struct Offering(fn(&[String]) -> Box<dyn Offered>);

impl Offering {
    pub(crate) const NEW: Self = Self(|names| Box::new(names.to_vec()));

    pub(super) fn of(self, names: &[String]) -> Box<dyn Offered> {
        (self.0)(names)
    }
}

/// There is only one. What is offered are the names.
impl PartialEq for Offering {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Offering {}

/// Subprotocols that are offered.
pub(super) trait Offered {
    fn to_array(&self) -> JsValue;

    /// Returns the name that the server chose, if it was offered.
    fn chosen(&self, name: String) -> Option<String>;
}

impl Offered for Vec<String> {
    fn to_array(&self) -> JsValue {
        self.iter().map(|name| JsValue::from_str(name)).collect::<Array>().into()
    }

    fn chosen(&self, name: String) -> Option<String> {
        self.contains(&name).then_some(name)
    }
}
