export { CARGO_VARIABLES, type CargoOptions, cargoCommandsThere, cargoFailed, runCargo } from "./cargo.ts";
export { type CrateRegistry, type CrateVersion, crateRegistry, crateVersion } from "./registry.ts";
export { crateYanked, yankCrate } from "./yank.ts";
