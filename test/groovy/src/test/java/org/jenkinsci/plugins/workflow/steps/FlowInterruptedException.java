package org.jenkinsci.plugins.workflow.steps;

/** Stands in for Jenkins' own, by its real name: what a stopped build, a refused input or a time limit throws. */
public class FlowInterruptedException extends InterruptedException {
    private static final long serialVersionUID = 1L;

    /** The build's result when nothing catches this: ABORTED, or FAILURE for a lost agent. */
    public final String result;

    public FlowInterruptedException(String result, String message) {
        super(message);
        this.result = result;
    }
}
