//! A list of lines in egui: those of the user, and with the feature `homing` those of an echo server instead.

use std::cell::RefCell;
use std::rc::Rc;

use eframe::egui::CentralPanel;
use eframe::wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;

#[derive(Clone, Default)]
struct App {
    lines: Rc<RefCell<Vec<String>>>,
    #[cfg(feature = "homing")]
    ws: Option<homing::WebSocket>,
}

impl App {
    fn new() -> Self {
        let app = Self::default();
        #[cfg(feature = "homing")]
        let app = {
            let lines = app.lines.clone();
            let show = move |message: homing::Message| {
                lines.borrow_mut().push(message.as_text().unwrap_or_default().into());
            };
            let ws = homing::WebSocket::builder("/echo").on_message(move |_, message| show(message)).connect();
            Self { ws: ws.ok(), ..app }
        };
        app
    }

    fn send(&self, line: &'static str) {
        #[cfg(feature = "homing")]
        let _ = self.ws.as_ref().map(|ws| ws.send(line));
        #[cfg(not(feature = "homing"))]
        self.lines.borrow_mut().push(line.into());
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut eframe::egui::Ui, _: &mut eframe::Frame) {
        CentralPanel::default().show(ui, |ui| {
            if ui.button("Send").clicked() {
                self.send("hello");
            }
            for line in self.lines.borrow().iter() {
                ui.label(line);
            }
        });
    }
}

#[wasm_bindgen(start)]
pub fn start() {
    let document = eframe::web_sys::window().and_then(|window| window.document());
    let canvas = document.and_then(|document| document.get_element_by_id("app")).and_then(|canvas| canvas.dyn_into().ok());
    let Some(canvas) = canvas else { return };
    wasm_bindgen_futures::spawn_local(async {
        let runner = eframe::WebRunner::new();
        let _ = runner.start(canvas, eframe::WebOptions::default(), Box::new(|_| Ok(Box::new(App::new())))).await;
    });
}
