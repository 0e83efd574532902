//! The bodies of the fuzz targets in `fuzz/`, which are tests on stable Rust as well. A body panics if it finds a fault.
//!
//! cargo-fuzz sets `cfg(fuzzing)` for apps that it fuzzes, too, whatever features of this crate they have.

#[cfg(all(fuzzing, feature = "cookies", feature = "deflate"))]
macro_rules! targets {
    ($($name:ident: $body:path,)*) => {$(
        #[allow(missing_docs)]
        pub fn $name(data: &[u8]) {
            $body(data);
        }
    )*};
}

#[cfg(all(fuzzing, feature = "cookies", feature = "deflate"))]
targets! {
    cookies: crate::native::fuzz::cookies,
    frames: crate::native::fuzz::frames,
    handshake: crate::native::fuzz::handshake,
    no_proxy: crate::native::fuzz::no_proxy,
    proxy: crate::native::fuzz::proxy,
    redirects: crate::native::fuzz::redirects,
    retry_after: crate::native::fuzz::retry_after,
    url: crate::native::fuzz::url,
    inflate: crate::native::fuzz::inflate,
    writing: crate::native::fuzz::writing,
}

/// Runs a body with its corpus, and for a moment, or for `ARBTEST_BUDGET_MS`, with random changes to it.
#[cfg(test)]
pub(crate) fn check(target: &str, body: fn(&[u8])) {
    use arbtest::arbitrary::Unstructured;

    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = std::fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", directory.display());
    let corpus: Vec<_> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    for (path, bytes) in paths.iter().zip(&corpus) {
        // Shown if the body panics.
        println!("{}", path.display());
        body(bytes);
    }
    let changed = |random: &mut Unstructured<'_>| {
        let mut bytes = random.choose(&corpus)?.clone();
        for _ in 0..random.int_in_range(1..=8)? {
            let at = random.choose_index(bytes.len() + 1)?;
            match random.int_in_range(0..=4)? {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, random.arbitrary()?),
                2 => bytes.splice(at.., random.choose(&corpus)?.iter().copied().skip(at)).for_each(drop),
                3 => bytes.extend_from_slice(random.choose(&corpus)?),
                _ => bytes.iter_mut().skip(at).take(1).try_for_each(|byte| random.arbitrary().map(|it| *byte = it))?,
            }
        }
        bytes.truncate(1 << 16);
        body(&bytes);
        Ok(())
    };
    let test = arbtest::arbtest(changed).size_min(1 << 8).size_max(1 << 12);
    if std::env::var_os("ARBTEST_BUDGET_MS").is_some() { test.run() } else { test.budget_ms(500).run() }
}
