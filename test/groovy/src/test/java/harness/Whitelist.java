package harness;

import groovy.lang.Closure;
import groovy.lang.GString;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.reflect.Array;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.codehaus.groovy.runtime.GStringImpl;
import org.codehaus.groovy.runtime.ScriptBytecodeAdapter;
import org.kohsuke.groovy.sandbox.GroovyInterceptor;
import org.kohsuke.groovy.sandbox.impl.Checker;

/**
 * The sandbox: sandboxed code may call what `sandbox-whitelist.txt` lists, its own scripts, and steps. The list has the
 * form of script-security's and holds only lines that its generic whitelist holds too.
 */
final class Whitelist extends GroovyInterceptor {
    private record Rule(String kind, Class<?> type, String member, List<Class<?>> parameters) {}

    private static final List<Rule> RULES = read();

    /** Extension methods by the engine or Groovy; the receiver is their first parameter. */
    private static boolean extension(Rule rule) {
        return rule.kind.equals("staticMethod") && (rule.type.getName().startsWith("org.codehaus.groovy.runtime.")
            || rule.type.getName().startsWith("com.cloudbees.groovy.cps."));
    }

    @Override
    public Object onMethodCall(Invoker invoker, Object receiver, String method, Object... arguments) throws Throwable {
        if (receiver instanceof StepScript || receiver instanceof Closure || receiver instanceof Section) {
            return super.onMethodCall(invoker, receiver, method, arguments);
        }
        // RunWrapper marks its own methods as allowed.
        if (receiver instanceof CurrentBuild && method.equals("getBuildCauses")) return super.onMethodCall(invoker, receiver, method, arguments);
        if (receiver instanceof Number && arguments.length <= 1 && NUMBER_MATH.contains(method)) {
            return super.onMethodCall(invoker, receiver, method, arguments);
        }
        Object actual = receiver instanceof GString ? receiver.toString() : receiver;
        for (Rule rule : RULES) {
            if (!rule.member.equals(method)) continue;
            if (rule.kind.equals("method") && rule.type.isInstance(actual) && fit(rule.parameters, arguments)) {
                return super.onMethodCall(invoker, receiver, method, arguments);
            }
            if (extension(rule) && rule.parameters.get(0).isInstance(actual)
                && fit(rule.parameters.subList(1, rule.parameters.size()), arguments)) {
                return super.onMethodCall(invoker, receiver, method, arguments);
            }
        }
        throw refused("method " + named(receiver) + " " + method + " " + types(arguments));
    }

    private static final List<String> NUMBER_MATH = List.of("plus", "minus", "multiply", "div", "intdiv", "mod", "compareTo", "next", "previous");

    @Override
    public Object onStaticCall(Invoker invoker, Class receiver, String method, Object... arguments) throws Throwable {
        // How the engine itself casts in `List x = …`; newer ones do it by Checker.checkedCast alone.
        boolean cast = receiver == Checker.class && method.equals("checkedCast")
            || receiver == ScriptBytecodeAdapter.class && List.of("asType", "castToType").contains(method);
        boolean allowed = cast || Scripts.isScriptClass(receiver) || RULES.stream().anyMatch(rule -> rule.kind.equals("staticMethod")
            && rule.type == receiver && rule.member.equals(method) && fit(rule.parameters, arguments));
        if (!allowed) throw refused("staticMethod " + receiver.getName() + " " + method + " " + types(arguments));
        return super.onStaticCall(invoker, receiver, method, arguments);
    }

    @Override
    public Object onNewInstance(Invoker invoker, Class type, Object... arguments) throws Throwable {
        // "…${…}" is this constructor to the engine.
        boolean own = Scripts.isScriptClass(type) || type == StepScript.class || type == GStringImpl.class;
        boolean allowed = own || RULES.stream().anyMatch(rule -> rule.kind.equals("new")
            && rule.type == type && fit(rule.parameters, arguments));
        if (!allowed) throw refused("new " + type.getName() + " " + types(arguments));
        return super.onNewInstance(invoker, type, arguments);
    }

    @Override
    public void onSuperConstructor(Invoker invoker, Class superType, Object... arguments) throws Throwable {
        if (superType != StepScript.class && superType != Object.class) throw refused("new " + superType.getName());
        super.onSuperConstructor(invoker, superType, arguments);
    }

    @Override
    public Object onGetProperty(Invoker invoker, Object receiver, String property) throws Throwable {
        boolean own = receiver instanceof StepScript || receiver instanceof Closure || receiver instanceof Map
            || receiver instanceof BuildEnvironment || receiver instanceof Section
            || receiver instanceof CurrentBuild && List.of("description", "result", "currentResult").contains(property);
        if (own || getter(receiver, property)) return super.onGetProperty(invoker, receiver, property);
        throw refused("field " + named(receiver) + " " + property);
    }

    private static boolean getter(Object receiver, String property) {
        String name = "get" + Character.toUpperCase(property.charAt(0)) + property.substring(1);
        return RULES.stream().anyMatch(rule -> rule.kind.equals("method") && rule.parameters.isEmpty()
            && rule.member.equals(name) && rule.type.isInstance(receiver));
    }

    @Override
    public Object onSetProperty(Invoker invoker, Object receiver, String property, Object value) throws Throwable {
        boolean own = receiver instanceof StepScript || receiver instanceof Closure || receiver instanceof Map
            || receiver instanceof BuildEnvironment || receiver instanceof Section
            || receiver instanceof CurrentBuild && List.of("description", "result", "displayName").contains(property);
        if (!own) throw refused("set " + named(receiver) + " " + property);
        return super.onSetProperty(invoker, receiver, property, value);
    }

    @Override
    public Object onGetAttribute(Invoker invoker, Object receiver, String attribute) throws Throwable {
        if (!(receiver instanceof StepScript)) throw refused("attribute " + named(receiver) + " " + attribute);
        return super.onGetAttribute(invoker, receiver, attribute);
    }

    @Override
    public Object onSetAttribute(Invoker invoker, Object receiver, String attribute, Object value) throws Throwable {
        if (!(receiver instanceof StepScript)) throw refused("attribute " + named(receiver) + " " + attribute);
        return super.onSetAttribute(invoker, receiver, attribute, value);
    }

    @Override
    public Object onGetArray(Invoker invoker, Object receiver, Object index) throws Throwable {
        if (!(receiver instanceof Map || receiver instanceof List || receiver.getClass().isArray() || receiver instanceof String)) {
            throw refused("getAt " + named(receiver));
        }
        return super.onGetArray(invoker, receiver, index);
    }

    @Override
    public Object onSetArray(Invoker invoker, Object receiver, Object index, Object value) throws Throwable {
        if (!(receiver instanceof Map || receiver instanceof List)) throw refused("putAt " + named(receiver));
        return super.onSetArray(invoker, receiver, index, value);
    }

    private static boolean fit(List<Class<?>> parameters, Object[] arguments) {
        if (parameters.size() != arguments.length) {
            boolean varargs = !parameters.isEmpty() && parameters.get(parameters.size() - 1).isArray();
            return varargs && arguments.length >= parameters.size() - 1;
        }
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i] == null || parameters.get(i).isPrimitive() || parameters.get(i).isArray()) continue;
            boolean text = arguments[i] instanceof GString && parameters.get(i) == String.class;
            if (!text && !parameters.get(i).isInstance(arguments[i])) return false;
        }
        return true;
    }

    /** Named so that a test sees what Jenkins would say. */
    private static SecurityException refused(String what) {
        return new SecurityException("Scripts not permitted to use " + what);
    }

    private static String named(Object receiver) {
        return receiver == null ? "null" : receiver.getClass().getName();
    }

    private static String types(Object[] arguments) {
        List<String> names = new ArrayList<>();
        for (Object argument : arguments) names.add(named(argument));
        return String.join(" ", names);
    }

    private static List<Rule> read() {
        List<Rule> rules = new ArrayList<>();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
            Whitelist.class.getResourceAsStream("/harness/sandbox-whitelist.txt"), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.isBlank() || line.startsWith("#")) continue;
                String[] words = line.trim().split(" ");
                boolean constructor = words[0].equals("new");
                List<Class<?>> parameters = new ArrayList<>();
                for (int i = constructor ? 2 : 3; i < words.length; i++) parameters.add(type(words[i]));
                rules.add(new Rule(words[0], type(words[1]), constructor ? "<init>" : words[2], parameters));
            }
        } catch (IOException | ClassNotFoundException problem) {
            throw new ExceptionInInitializerError(problem);
        }
        return rules;
    }

    private static Class<?> type(String name) throws ClassNotFoundException {
        if (name.endsWith("[]")) return Array.newInstance(type(name.substring(0, name.length() - 2)), 0).getClass();
        return switch (name) {
            case "int" -> int.class;
            case "long" -> long.class;
            case "boolean" -> boolean.class;
            case "char" -> char.class;
            case "double" -> double.class;
            default -> Class.forName(name);
        };
    }
}
