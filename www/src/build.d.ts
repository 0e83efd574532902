/** Set by the build: true in the files for React Native, where `platform/native.ts` also replaces global names. */
declare const IS_REACT_NATIVE: boolean
