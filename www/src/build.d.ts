/** Set by the build: whether this is the one for React Native, which also replaces global names by `native.ts`. */
declare const IS_REACT_NATIVE: boolean
