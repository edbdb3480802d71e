package harness;

import java.io.Serializable;

/** `currentBuild`: what a program may see and change of its own build. */
public final class CurrentBuild implements Serializable {
    private static final long serialVersionUID = 1L;

    public String getDescription() {
        return Jenkins.current().description;
    }

    public void setDescription(String text) {
        Jenkins.current().description = text;
    }

    public String getResult() {
        return Jenkins.current().result;
    }

    public void setResult(String result) {
        Jenkins.current().worsen(result);
    }

    /** Why the build was started, as plain maps. */
    public java.util.List<java.util.Map<String, String>> getBuildCauses() {
        return Jenkins.current().causes;
    }

    public String getCurrentResult() {
        String result = Jenkins.current().result;
        return result == null ? "SUCCESS" : result;
    }
}
