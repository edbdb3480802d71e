import * as z from "zod";

// zod would write and compile a function for each schema, which pays only after many more documents than one run reads. A
// schema decides that when it is made, so this is loaded before any other module that makes one.
z.config({ jitless: true });
