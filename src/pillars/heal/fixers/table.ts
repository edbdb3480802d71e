import type { Fixer } from "./fixer.ts";
import { importAttributes } from "./import-attributes.ts";
import { missingEsmExport } from "./missing-esm-export.ts";
import { missingJsExtension } from "./missing-js-extension.ts";
import { missingPythonImport } from "./missing-python-import.ts";
import { misspeltIdentifier } from "./misspelt-identifier.ts";
import { pythonIndentation } from "./python-indentation.ts";
import { misspeltModulePath, wrongModuleCase } from "./wrong-module-path.ts";

/** All built-in fixers. Where several apply, the more trusted come first, then the order here counts. */
export const FIXERS: readonly Fixer[] = [
  importAttributes,
  missingEsmExport,
  missingJsExtension,
  wrongModuleCase,
  misspeltModulePath,
  missingPythonImport,
  misspeltIdentifier,
  pythonIndentation,
];
