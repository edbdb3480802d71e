declare const __VERSION__: string | undefined;

/** The version that was built in; a run from source says so. */
export const VERSION = typeof __VERSION__ === "string" ? __VERSION__ : "source";
