//! The machine needs little of the stack, of which a megabyte would be set aside otherwise.

fn main() {
    println!("cargo:rustc-link-arg-cdylib=-zstack-size=16384");
    println!("cargo:rerun-if-changed=build.rs");
}
