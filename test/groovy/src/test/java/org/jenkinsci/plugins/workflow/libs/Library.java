package org.jenkinsci.plugins.workflow.libs;

import java.lang.annotation.ElementType;
import java.lang.annotation.Target;

/** Stands in for Jenkins' own, by its real name. */
@Target({ElementType.LOCAL_VARIABLE, ElementType.FIELD, ElementType.PACKAGE, ElementType.TYPE})
public @interface Library {
    /** Names of libraries, each with an optional `@version`. */
    String[] value();
}
