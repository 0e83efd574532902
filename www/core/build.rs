//! How the module is linked.

fn main() {
    // Nothing here nests deeply. Of the usual megabyte, JavaScript would have to allocate and clear every byte.
    println!("cargo::rustc-link-arg-cdylib=-zstack-size=16384");
    println!("cargo::rerun-if-changed=build.rs");
}
