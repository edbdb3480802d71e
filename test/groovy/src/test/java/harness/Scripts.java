package harness;

import com.cloudbees.groovy.cps.CpsTransformer;
import com.cloudbees.groovy.cps.SandboxCpsTransformer;
import com.cloudbees.groovy.cps.TransformerConfiguration;
import groovy.lang.GroovyClassLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.codehaus.groovy.control.CompilationUnit;
import org.codehaus.groovy.control.CompilerConfiguration;
import org.codehaus.groovy.control.Phases;
import org.codehaus.groovy.control.customizers.ImportCustomizer;
import org.codehaus.groovy.tools.GroovyClass;

/**
 * Scripts compiled once by Jenkins' own transformer, to be read back by another class loader after every restart. Each
 * is compiled alone: together, `other.method()` would become a static call.
 */
final class Scripts {
    /** Loaders that take turns: making a new one at every restart costs ten times as much and shows no more. */
    private static final int TURNS = 2;

    private final Scripts library;
    private final List<ClassLoader> turns = new ArrayList<>();
    private int turn = 0;
    private final Map<String, byte[]> classes = new HashMap<>();
    private final Set<String> names = new LinkedHashSet<>();

    /** @param sandboxed as an untrusted library or a sandboxed Jenkinsfile is; false for what Jenkins itself ships */
    Scripts add(String name, Path source, boolean sandboxed) throws IOException {
        return add(name, Files.readString(source), sandboxed);
    }

    Scripts add(String name, String text, boolean sandboxed) {
        CompilerConfiguration settings = new CompilerConfiguration();
        settings.setScriptBaseClass(StepScript.class.getName());
        ImportCustomizer imports = new ImportCustomizer();
        imports.addStarImports("com.cloudbees.groovy.cps", "hudson.model", "jenkins.model");
        imports.addImports("org.jenkinsci.plugins.workflow.libs.Library");
        settings.addCompilationCustomizers(imports);
        CpsTransformer transformer = sandboxed ? new SandboxCpsTransformer() : new CpsTransformer();
        transformer.setConfiguration(new TransformerConfiguration().withClosureType(BodyClosure.class));
        settings.addCompilationCustomizers(transformer);
        GroovyClassLoader loader = new GroovyClassLoader(Scripts.class.getClassLoader(), settings);
        CompilationUnit unit = new CompilationUnit(settings, null, loader);
        unit.addSource(name + ".groovy", text);
        unit.compile(Phases.CLASS_GENERATION);
        for (Object compiled : unit.getClasses()) {
            GroovyClass one = (GroovyClass) compiled;
            classes.put(one.getName(), one.getBytes());
        }
        names.add(name);
        turns.clear();
        return this;
    }

    Scripts() {
        this(null);
    }

    /** Scripts of a build that uses a library. */
    Scripts(Scripts library) {
        this.library = library;
    }

    boolean has(String name) {
        return names.contains(name) || library != null && library.has(name);
    }

    /** Another loader than the last one, as after a controller's restart: its classes know nothing of the others. */
    ClassLoader another() {
        if (turns.size() < TURNS) turns.add(new Fresh(classes, library == null ? Scripts.class.getClassLoader() : library.another()));
        turn = (turn + 1) % turns.size();
        return turns.get(turn);
    }

    static boolean isScriptClass(Class<?> type) {
        return type.getClassLoader() instanceof Fresh;
    }

    private static final class Fresh extends ClassLoader {
        private final Map<String, byte[]> classes;

        Fresh(Map<String, byte[]> classes, ClassLoader parent) {
            super(parent);
            this.classes = classes;
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] bytes = classes.get(name);
            if (bytes == null) throw new ClassNotFoundException(name);
            return defineClass(name, bytes, 0, bytes.length);
        }
    }
}
