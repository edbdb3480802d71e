import { argumentType } from "./argument-type.ts";
import { commonjsInEsm } from "./commonjs-in-esm.ts";
import { gccFixit, rustcSuggestion } from "./compiler-suggestion.ts";
import { constReassigned } from "./const-reassigned.ts";
import { deprecatedName } from "./deprecated-name.ts";
import { docsLink } from "./docs-link.ts";
import { esmInCommonjs } from "./esm-in-commonjs.ts";
import type { Fixer } from "./fixer.ts";
import { importAttributeMissing } from "./import-attribute-missing.ts";
import { importAttributes } from "./import-attributes.ts";
import { ansibleMisspelt, terraformSuggestion } from "./infrastructure-code.ts";
import { javaFileName, missingThrows } from "./java.ts";
import { jsonSyntax } from "./json-syntax.ts";
import { mavenConvergence, mavenSourceLevel } from "./maven.ts";
import { missingAsync } from "./missing-async.ts";
import { missingAwait } from "./missing-await.ts";
import {
  missingCargoDependency,
  missingGoDependency,
  missingNpmDependency,
  missingPythonDependency,
  missingTypesPackage,
} from "./missing-dependency.ts";
import { missingEsmExport, unexportedName } from "./missing-esm-export.ts";
import { missingGoImport } from "./missing-go-import.ts";
import { missingJavaImport } from "./missing-java-import.ts";
import { missingJsExtension } from "./missing-js-extension.ts";
import { missingLocalImport } from "./missing-local-import.ts";
import { missingNodeImport } from "./missing-node-import.ts";
import { missingPythonImport } from "./missing-python-import.ts";
import { missingReturn } from "./missing-return.ts";
import { missingSelf } from "./missing-self.ts";
import { missingSemicolon } from "./missing-semicolon.ts";
import { misspeltIdentifier, misspeltKeyword } from "./misspelt-identifier.ts";
import { misspeltKey } from "./misspelt-key.ts";
import { misspeltModule } from "./misspelt-module.ts";
import { cmakeMisspelt, dockerCopyPath, makeMisspelt, misspeltInclude, misspeltPath } from "./misspelt-path.ts";
import { pythonImportName } from "./python-import-name.ts";
import { pythonIndentation } from "./python-indentation.ts";
import { missingInitPy, pythonEncoding, pythonMissingSelf, pythonTypeAnnotation } from "./python-package.ts";
import {
  pythonAssignmentInCondition,
  pythonMissingColon,
  pythonRenamed,
  pythonTwoSyntax,
  pythonUnclosedBracket,
  pythonUnterminatedString,
} from "./python-syntax.ts";
import { nodeEngine, pythonRequires } from "./runtime-version.ts";
import { cargoFeature, missingRustMod } from "./rust-modules.ts";
import { crlfInScript, makefileSpaces, missingExecutableBit } from "./script-files.ts";
import {
  shellAssignmentSpaces,
  shellTestSpacing,
  shellUnboundVariable,
  shellUnclosedBlock,
  shellUnclosedQuote,
} from "./shell-syntax.ts";
import { snapshotUpdate } from "./snapshot.ts";
import { tomlSyntax } from "./toml-syntax.ts";
import {
  biomeFix,
  cargoFix,
  cargoFmt,
  cargoLock,
  clippyFix,
  eslintFix,
  gofmt,
  goimports,
  goModTidy,
  npmLock,
  prettierWrite,
  ruffFix,
  tofuFmt,
} from "./tool-fixes.ts";
import { missingOverride, missingTypeAnnotation, misspeltLiteral, typeOnlyImport } from "./typescript.ts";
import { unbalancedBracket } from "./unbalanced-bracket.ts";
import { unusedImport } from "./unused-import.ts";
import { unusedVariable } from "./unused-variable.ts";
import { npmPeerConflict, pipConflict } from "./version-conflict.ts";
import { misspeltModulePath, wrongModuleCase } from "./wrong-module-path.ts";
import { yamlSyntax } from "./yaml-syntax.ts";

/** All built-in fixers. Where several apply, the more trusted come first, then the order here counts. */
export const FIXERS: readonly Fixer[] = [
  importAttributes,
  importAttributeMissing,
  missingEsmExport,
  unexportedName,
  missingJsExtension,
  wrongModuleCase,
  misspeltModulePath,
  misspeltModule,
  commonjsInEsm,
  esmInCommonjs,
  missingAsync,
  missingAwait,
  missingNodeImport,
  missingLocalImport,
  missingSelf,
  missingReturn,
  constReassigned,
  typeOnlyImport,
  missingOverride,
  misspeltLiteral,
  missingTypeAnnotation,
  missingTypesPackage,
  missingNpmDependency,
  npmPeerConflict,
  nodeEngine,
  jsonSyntax,
  yamlSyntax,
  tomlSyntax,
  npmLock,
  biomeFix,
  eslintFix,
  prettierWrite,
  missingPythonImport,
  pythonImportName,
  pythonIndentation,
  pythonMissingColon,
  pythonAssignmentInCondition,
  pythonTwoSyntax,
  pythonRenamed,
  pythonUnclosedBracket,
  pythonUnterminatedString,
  missingInitPy,
  pythonMissingSelf,
  pythonEncoding,
  pythonTypeAnnotation,
  missingPythonDependency,
  pipConflict,
  pythonRequires,
  ruffFix,
  rustcSuggestion,
  cargoFmt,
  cargoFix,
  clippyFix,
  cargoLock,
  missingRustMod,
  cargoFeature,
  missingCargoDependency,
  missingGoImport,
  gofmt,
  goimports,
  goModTidy,
  missingGoDependency,
  missingJavaImport,
  missingThrows,
  javaFileName,
  mavenSourceLevel,
  mavenConvergence,
  gccFixit,
  missingSemicolon,
  misspeltInclude,
  makeMisspelt,
  cmakeMisspelt,
  unbalancedBracket,
  unusedImport,
  unusedVariable,
  misspeltKeyword,
  argumentType,
  misspeltIdentifier,
  misspeltKey,
  deprecatedName,
  misspeltPath,
  missingExecutableBit,
  crlfInScript,
  makefileSpaces,
  shellTestSpacing,
  shellAssignmentSpaces,
  shellUnclosedBlock,
  shellUnclosedQuote,
  shellUnboundVariable,
  dockerCopyPath,
  ansibleMisspelt,
  tofuFmt,
  terraformSuggestion,
  docsLink,
  snapshotUpdate,
];
