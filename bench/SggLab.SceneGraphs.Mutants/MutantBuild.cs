using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace SggLab.SceneGraphs.Mutants;

/// <summary>Compiles the project in memory, as the build does, with one file changed.</summary>
internal sealed class MutantBuild
{
    private const string Name = "SggLab.SceneGraphs";

    private readonly CSharpCompilation _compilation;
    private readonly List<ResourceDescription> _resources;

    /// <param name="built">The folder with the project's built assembly and what it refers to.</param>
    public MutantBuild(string repository, string configuration, string built)
    {
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        var folder = Path.Combine(repository, "src", Name);
        Sources = [.. Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(f => (Path.GetRelativePath(folder, f).Replace('\\', '/'), CSharpSyntaxTree.ParseText(File.ReadAllText(f), options, f)))];
        var generated = Directory.GetFiles(Path.Combine(repository, "artifacts", "obj", Name, configuration), "*.cs").Select(f => CSharpSyntaxTree.ParseText(File.ReadAllText(f), options, f));
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(f => Path.GetDirectoryName(f) == Path.GetDirectoryName(typeof(object).Assembly.Location));
        _compilation = CSharpCompilation.Create(Name, Sources.Select(s => s.Tree).Concat(generated),
            platform.Append(Path.Combine(built, "SggLab.Contracts.dll")).Select(f => MetadataReference.CreateFromFile(f)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true));
        _resources = [.. Resources(Path.Combine(built, Name + ".dll"))];
    }

    public IReadOnlyList<(string File, SyntaxTree Tree)> Sources { get; }

    /// <returns>False where the change does not compile.</returns>
    public bool TryEmit(Mutant? mutant, string path)
    {
        var compilation = mutant is null ? _compilation : _compilation.ReplaceSyntaxTree(mutant.Tree, mutant.Changed);
        using var image = new MemoryStream();
        if (!compilation.Emit(image, manifestResources: _resources).Success) return false;
        File.WriteAllBytes(path, image.ToArray());
        return true;
    }

    private static IEnumerable<ResourceDescription> Resources(string assembly)
    {
        var bytes = File.ReadAllBytes(assembly);
        using var image = new PEReader(new MemoryStream(bytes));
        var metadata = image.GetMetadataReader();
        var section = image.GetSectionData(image.PEHeaders.CorHeader!.ResourcesDirectory.RelativeVirtualAddress).GetContent();
        foreach (var handle in metadata.ManifestResources)
        {
            var resource = metadata.GetManifestResource(handle);
            var start = (int)resource.Offset;
            var length = BitConverter.ToInt32([.. section.Slice(start, 4)]);
            var content = section.Slice(start + 4, length).ToArray();
            yield return new ResourceDescription(metadata.GetString(resource.Name), () => new MemoryStream(content), (resource.Attributes & ManifestResourceAttributes.Public) != 0);
        }
    }
}
