package harness;

import groovy.lang.GroovyObjectSupport;
import groovy.lang.MissingPropertyException;
import java.io.Serializable;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Takes down what a declarative section says, without running it: it is the delegate of the section's closure. */
public final class Section extends GroovyObjectSupport implements Serializable {
    private static final long serialVersionUID = 1L;

    /** In the order of writing: name, named arguments, arguments by place, block. */
    public final ArrayList<LinkedHashMap<String, Object>> calls = new ArrayList<>();
    public final LinkedHashMap<String, Object> assignments = new LinkedHashMap<>();

    @Override
    public Object invokeMethod(String name, Object arguments) {
        Object[] given = arguments instanceof Object[] array ? array : new Object[] {arguments};
        StepCall call = new StepCall(name, given);
        LinkedHashMap<String, Object> entry = new LinkedHashMap<>();
        entry.put("name", name);
        entry.put("named", call.named);
        entry.put("values", call.positional);
        entry.put("body", call.body);
        // `logRotator(…)` inside `buildDiscarder(…)` is evaluated first: it belongs to the outer call, not to the section.
        calls.removeIf(earlier -> call.positional.contains(earlier) || call.named.containsValue(earlier));
        calls.add(entry);
        return entry;
    }

    @Override
    public Object getProperty(String name) {
        if (name.equals("calls")) return calls;
        if (name.equals("assignments")) return assignments;
        if (name.equals("any") || name.equals("none")) return name;
        throw new MissingPropertyException(name, Section.class);
    }

    @Override
    public void setProperty(String name, Object value) {
        assignments.put(name, value);
    }

    /** Whether a branch or tag matches, as declarative's `branch` and `tag` read their globs. */
    public static boolean glob(Object pattern, Object name) {
        return name != null && FileSystems.getDefault().getPathMatcher("glob:" + pattern).matches(Path.of(name.toString()));
    }

    public Map<String, Object> only(String name) {
        List<LinkedHashMap<String, Object>> found = calls.stream().filter(call -> call.get("name").equals(name)).toList();
        if (found.size() > 1) throw new IllegalStateException("there are " + found.size() + " of " + name + " in one section");
        return found.isEmpty() ? null : found.get(0);
    }
}
