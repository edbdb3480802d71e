import { gccFixit, rustcSuggestion } from "./compiled/compiler-suggestion.ts";
import { javaFileName, missingThrows } from "./compiled/java.ts";
import { mavenConvergence, mavenSourceLevel } from "./compiled/maven.ts";
import { missingGoImport } from "./compiled/missing-go-import.ts";
import { missingJavaImport } from "./compiled/missing-java-import.ts";
import { missingSemicolon } from "./compiled/missing-semicolon.ts";
import { cargoFeature, missingRustMod } from "./compiled/rust-modules.ts";
import { docsLink } from "./config/docs-link.ts";
import { ansibleMisspelt, terraformSuggestion } from "./config/infrastructure-code.ts";
import { jsonSyntax } from "./config/json-syntax.ts";
import { tomlSyntax } from "./config/toml-syntax.ts";
import { yamlSyntax } from "./config/yaml-syntax.ts";
import { cmakeMisspelt, dockerCopyPath, makeMisspelt, misspeltInclude, misspeltPath } from "./files/misspelt-path.ts";
import { crlfInScript, makefileSpaces, missingExecutableBit } from "./files/script-files.ts";
import {
  shellAssignmentSpaces,
  shellTestSpacing,
  shellUnboundVariable,
  shellUnclosedBlock,
  shellUnclosedQuote,
} from "./files/shell-syntax.ts";
import type { Fixer } from "./fixer.ts";
import { commonjsInEsm } from "./javascript/commonjs-in-esm.ts";
import { constReassigned } from "./javascript/const-reassigned.ts";
import { esmInCommonjs } from "./javascript/esm-in-commonjs.ts";
import { importAttributeMissing } from "./javascript/import-attribute-missing.ts";
import { importAttributes } from "./javascript/import-attributes.ts";
import { missingAsync } from "./javascript/missing-async.ts";
import { missingAwait } from "./javascript/missing-await.ts";
import { missingEsmExport, unexportedName } from "./javascript/missing-esm-export.ts";
import { missingJsExtension } from "./javascript/missing-js-extension.ts";
import { missingNodeImport } from "./javascript/missing-node-import.ts";
import { snapshotUpdate } from "./javascript/snapshot.ts";
import { missingOverride, missingTypeAnnotation, misspeltLiteral, typeOnlyImport } from "./javascript/typescript.ts";
import { misspeltModulePath, wrongModuleCase } from "./javascript/wrong-module-path.ts";
import {
  missingCargoDependency,
  missingGoDependency,
  missingNpmDependency,
  missingPythonDependency,
  missingTypesPackage,
} from "./packages/missing-dependency.ts";
import { misspeltModule } from "./packages/misspelt-module.ts";
import { nodeEngine, pythonRequires } from "./packages/runtime-version.ts";
import { npmPeerConflict, pipConflict } from "./packages/version-conflict.ts";
import { missingPythonImport } from "./python/missing-python-import.ts";
import { pythonModulePath } from "./python/module-paths.ts";
import { pythonImportName } from "./python/python-import-name.ts";
import { pythonIndentation } from "./python/python-indentation.ts";
import { missingInitPy, pythonEncoding, pythonMissingSelf, pythonTypeAnnotation } from "./python/python-package.ts";
import {
  pythonAssignmentInCondition,
  pythonMissingColon,
  pythonRenamed,
  pythonTwoSyntax,
  pythonUnclosedBracket,
  pythonUnterminatedString,
} from "./python/python-syntax.ts";
import { pythonReturnAnnotation } from "./python/return-annotation.ts";
import { argumentCount } from "./source/argument-count.ts";
import { argumentType } from "./source/argument-type.ts";
import { deprecatedName } from "./source/deprecated-name.ts";
import { missingLocalImport } from "./source/missing-local-import.ts";
import { missingReturn } from "./source/missing-return.ts";
import { missingSelf } from "./source/missing-self.ts";
import { misspeltIdentifier, misspeltKeyword } from "./source/misspelt-identifier.ts";
import { misspeltKey } from "./source/misspelt-key.ts";
import { unbalancedBracket } from "./source/unbalanced-bracket.ts";
import { unusedImport } from "./source/unused-import.ts";
import { unusedVariable } from "./source/unused-variable.ts";
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
  pythonModulePath,
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
  pythonReturnAnnotation,
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
  argumentCount,
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
