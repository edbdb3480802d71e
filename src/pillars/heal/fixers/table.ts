import { commonjsInEsm } from "./commonjs-in-esm.ts";
import { gccFixit, rustcSuggestion } from "./compiler-suggestion.ts";
import { constReassigned } from "./const-reassigned.ts";
import { esmInCommonjs } from "./esm-in-commonjs.ts";
import type { Fixer } from "./fixer.ts";
import { importAttributeMissing } from "./import-attribute-missing.ts";
import { importAttributes } from "./import-attributes.ts";
import { jsonSyntax } from "./json-syntax.ts";
import { missingAsync } from "./missing-async.ts";
import { missingAwait } from "./missing-await.ts";
import { missingEsmExport } from "./missing-esm-export.ts";
import { missingGoImport } from "./missing-go-import.ts";
import { missingJavaImport } from "./missing-java-import.ts";
import { missingJsExtension } from "./missing-js-extension.ts";
import { missingNodeImport } from "./missing-node-import.ts";
import { missingPythonImport } from "./missing-python-import.ts";
import { missingSemicolon } from "./missing-semicolon.ts";
import { misspeltIdentifier } from "./misspelt-identifier.ts";
import { misspeltModule } from "./misspelt-module.ts";
import { pythonIndentation } from "./python-indentation.ts";
import {
  pythonAssignmentInCondition,
  pythonMissingColon,
  pythonRenamed,
  pythonTwoSyntax,
  pythonUnclosedBracket,
  pythonUnterminatedString,
} from "./python-syntax.ts";
import { crlfInScript, makefileSpaces, missingExecutableBit } from "./script-files.ts";
import {
  biomeFix,
  cargoFix,
  cargoFmt,
  cargoLock,
  clippyFix,
  eslintFix,
  gofmt,
  goModTidy,
  npmLock,
  prettierWrite,
  ruffFix,
} from "./tool-fixes.ts";
import { unusedImport } from "./unused-import.ts";
import { unusedVariable } from "./unused-variable.ts";
import { misspeltModulePath, wrongModuleCase } from "./wrong-module-path.ts";

/** All built-in fixers. Where several apply, the more trusted come first, then the order here counts. */
export const FIXERS: readonly Fixer[] = [
  importAttributes,
  importAttributeMissing,
  missingEsmExport,
  missingJsExtension,
  wrongModuleCase,
  misspeltModulePath,
  misspeltModule,
  commonjsInEsm,
  esmInCommonjs,
  missingAsync,
  missingAwait,
  missingNodeImport,
  constReassigned,
  jsonSyntax,
  npmLock,
  biomeFix,
  eslintFix,
  prettierWrite,
  missingPythonImport,
  pythonIndentation,
  pythonMissingColon,
  pythonAssignmentInCondition,
  pythonTwoSyntax,
  pythonRenamed,
  pythonUnclosedBracket,
  pythonUnterminatedString,
  ruffFix,
  rustcSuggestion,
  cargoFmt,
  cargoFix,
  clippyFix,
  cargoLock,
  missingGoImport,
  gofmt,
  goModTidy,
  missingJavaImport,
  gccFixit,
  missingSemicolon,
  unusedImport,
  unusedVariable,
  misspeltIdentifier,
  missingExecutableBit,
  crlfInScript,
  makefileSpaces,
];
