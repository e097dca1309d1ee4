using System.Net;
using System.Net.Sockets;
using SggLab.Cli.Site;
using SggLab.Contracts;
using SggLab.Postgres;

namespace SggLab.Cli.Tests.Site;

/// <summary>Whom the answer of /health comes from, held against a server in this process and a program that is no site.</summary>
public sealed class WebHealthTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sgglab-health-");
    private readonly HttpListener _site = new();
    private readonly string _url;

    public WebHealthTests()
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            _url = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        }
        _site.Prefixes.Add(_url + "/");
    }

    public void Dispose()
    {
        _site.Close();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("ours", true)]
    [InlineData("another", false)]
    [InlineData(null, false)]
    public async Task Only_the_process_that_was_started_counts_as_ready(string? instance, bool ready)
    {
        _site.Start();
        _ = AnswerAsync(instance);

        (await WaitAsync("sleep 60")).ShouldBe(ready);
    }

    [Fact]
    public async Task A_process_that_cannot_listen_because_the_port_is_taken_is_told_apart() =>
        (await WaitAsync("echo 'Failed to bind: address already in use.'; exit 3")).ShouldBeFalse();

    [Fact]
    public async Task Any_other_end_is_shown_with_its_last_words()
    {
        var thrown = await Should.ThrowAsync<LabException>(() => WaitAsync("echo 'no such schema'; exit 2"));

        thrown.Message.ShouldContain("with code 2");
        thrown.Message.ShouldContain("no such schema");
    }

    private async Task<bool> WaitAsync(string script)
    {
        var web = new SupervisedProcess("web", "web", new LabHome(_folder.FullName), () => new(["/bin/sh", "-c", script], new Dictionary<string, string>()), _ => { });
        web.Start();
        try { return await WebHealth.WaitAsync(_url, "ours", web, _ => { }, TestContext.Current.CancellationToken); }
        finally { web.Send(ProcessSignal.Kill); }
    }

    private async Task AnswerAsync(string? instance)
    {
        var call = await _site.GetContextAsync();
        if (instance is not null)
            call.Response.Headers["Sgglab-Instance"] = instance;
        call.Response.Close();
    }
}
