export { type BuiltImage, buildImage, type ImageBuild, manifestDigestOf } from "./build.ts";
export { ensureCrane } from "./crane.ts";
export {
  type ImageReference,
  imageDigest,
  imageRegistry,
  imageTags,
  type RegistryReader,
  referenceOf,
  validateImage,
} from "./registry.ts";
export { retagImage } from "./retag.ts";
