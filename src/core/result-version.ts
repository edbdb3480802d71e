/** The version of `result.json`. On its own, so that whoever only writes one does not load the schema. */
export const RESULT_VERSION = 1;
