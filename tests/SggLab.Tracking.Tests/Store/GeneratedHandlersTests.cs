using JasperFx.CodeGeneration;
using JasperFx.CodeGeneration.Model;
using JasperFx.CodeGeneration.Services;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wolverine;

namespace SggLab.Tracking.Tests.Store;

/// <summary>
/// The bus's adapters are generated ahead, so that the web process needs no compiler. After changing a handler's parameters run this test with
/// SGGLAB_WRITE_GENERATED=1: it writes the files anew.
/// </summary>
[Collection(nameof(Alone))]
public sealed class GeneratedHandlersTests
{
    [Fact]
    public async Task The_generated_handlers_are_those_of_the_present_code()
    {
        var fresh = Directory.CreateTempSubdirectory("sgglab-generated-").FullName;
        await GenerateAsync(fresh);
        var kept = Path.Combine(Repository(), "src", "SggLab.Tracking", "Internal", "Generated", "WolverineHandlers");
        var expected = Files(fresh);
        expected.ShouldNotBeEmpty();
        if (Environment.GetEnvironmentVariable("SGGLAB_WRITE_GENERATED") is "1")
        {
            if (Directory.Exists(kept))
                Directory.Delete(kept, recursive: true);
            Directory.CreateDirectory(kept);
            foreach (var (name, code) in expected)
                await File.WriteAllTextAsync(Path.Combine(kept, name), code, TestContext.Current.CancellationToken);
        }
        var found = Files(kept);
        found.Keys.ShouldBe(expected.Keys, ignoreOrder: true);
        foreach (var (name, code) in expected)
            found[name].ShouldBe(code, $"{name} is out of date; run this test with SGGLAB_WRITE_GENERATED=1");
        Directory.Delete(fresh, recursive: true);
    }

    private static async Task GenerateAsync(string folder)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddSggLabTracking("Host=nowhere.invalid;Database=none;Username=nobody", folder, new LabSettings { RunsProjections = false });
        DynamicCodeBuilder.WithinCodegenCommand = true;
        try
        {
            using var host = builder.Build();
            host.Services.GetRequiredService<WolverineOptions>().CodeGeneration.GeneratedCodeOutputPath = folder;
            await host.StartAsync(TestContext.Current.CancellationToken);
            var code = new DynamicCodeBuilder(host.Services, [.. host.Services.GetServices<ICodeFileCollection>()]) { ServiceVariableSource = host.Services.GetService<IServiceVariableSource>() };
            code.WriteGeneratedCode(_ => { });
            await host.StopAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            DynamicCodeBuilder.WithinCodegenCommand = false;
        }
    }

    private static Dictionary<string, string> Files(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).ToDictionary(file => Path.GetFileName(file), file => File.ReadAllText(file).ReplaceLineEndings("\n"))
        : [];

    internal static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "SggLab.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds SggLab.sln.");
    }
}

/// <summary>Tests that change what all hosts of the process share run after the others.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
