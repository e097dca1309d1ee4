using Bunit;
using Microsoft.Extensions.DependencyInjection;
using SggLab.Contracts.Specs;
using SggLab.Tracking;
using SggLab.Web.Experiments;

namespace SggLab.Web.Tests.Experiments;

public sealed class NewExperimentTests : IDisposable
{
    private readonly BunitContext _page = new();
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("sgglab-presets-");
    private readonly List<(string Key, ExperimentSpec Spec)> _queued = [];

    public NewExperimentTests() => _page.Services.AddSingleton(new Presets(_home.FullName));

    public void Dispose()
    {
        _page.Dispose();
        _home.Delete(recursive: true);
    }

    private IRenderedComponent<NewExperiment> Show(string by = "fields", string? preset = null, Refusal? refusal = null) => _page.Render<NewExperiment>(form => form
        .Add(one => one.By, by).Add(one => one.Preset, preset).Add(one => one.Queue, (key, spec) =>
        {
            _queued.Add((key, spec));
            return Task.FromResult(refusal);
        }));

    [Fact]
    public void A_new_user_finds_the_demos_model_and_data_in_the_form()
    {
        Directory.CreateDirectory(Path.Combine(_home.FullName, "demo", "base"));
        var form = Show();
        form.Find("#method").GetAttribute("value").ShouldBe(ExperimentForm.SftThenGrpo);
        form.Find("#model").GetAttribute("value").ShouldBe(Path.Combine(_home.FullName, "demo", "base"));
        form.Find("#device").GetAttribute("value").ShouldBe("cpu");
        form.Find("#method").Change(ExperimentForm.Scripted);
        form.FindAll("#device, #model").ShouldBeEmpty();
        form.Find("#pace").ShouldNotBeNull();
    }

    [Fact]
    public void A_name_left_out_is_said_beside_the_field_and_nothing_is_queued()
    {
        var form = Show();
        form.Find("form").Submit();
        form.Find("[data-field=name]").TextContent.ShouldContain("Give the experiment a name");
        _queued.ShouldBeEmpty();
    }

    [Fact]
    public void The_runs_are_shown_before_they_are_queued()
    {
        var form = Show(ExperimentForm.Scripted);
        form.Find("#name").Change("try");
        form.Find("form").Submit();
        form.FindAll(".lab-preview li").Count.ShouldBe(3);
        _queued.ShouldBeEmpty();
        form.Find("button[type=submit]").TextContent.ShouldBe("Queue 3 runs");
        form.Find("form").Submit();
        _queued.Single().Spec.Experiment.ShouldBe("try");
    }

    [Fact]
    public void A_change_after_the_check_is_checked_again()
    {
        var form = Show(ExperimentForm.Scripted);
        form.Find("#name").Change("try");
        form.Find("form").Submit();
        form.Find("#seeds").Change("1 2");
        form.Find("form").Submit();
        _queued.ShouldBeEmpty();
        form.FindAll(".lab-preview li").Count.ShouldBe(6);
    }

    [Theory]
    [InlineData("scripted", "#seeds")]
    [InlineData("yaml", "#yaml")]
    public void A_preview_is_marked_as_old_while_one_still_types(string by, string field)
    {
        File.Copy(Path.Combine(Repository.Root, "examples", "demo.yaml"), Path.Combine(_home.FullName, "mine.yaml"));
        var form = Show(by, by == "yaml" ? "mine" : null);
        if (by != "yaml")
            form.Find("#name").Change("try");
        form.Find("form").Submit();
        form.FindAll(".lab-preview-stale").ShouldBeEmpty();
        form.Find("button[type=submit]").TextContent.ShouldStartWith("Queue");

        form.Find(field).Input("1 2");

        form.Find(".lab-preview-stale").TextContent.ShouldContain("Check again");
        form.Find("button[type=submit]").TextContent.ShouldBe("Check again");
        form.Find("form").Submit();
        _queued.ShouldBeEmpty("what was not shown is not queued");
        form.FindAll(".lab-preview-stale").ShouldBeEmpty();
    }

    [Fact]
    public void A_preview_does_not_follow_into_another_way_to_describe_the_experiment()
    {
        var form = Show(ExperimentForm.Scripted);
        form.Find("#name").Change("try");
        form.Find("form").Submit();
        form.Render(one => one.Add(shown => shown.By, "yaml"));
        form.FindAll(".lab-preview").ShouldBeEmpty();
    }

    [Fact]
    public void Pressing_twice_sends_the_same_key_so_that_nothing_is_queued_twice()
    {
        var form = Show(ExperimentForm.Scripted);
        form.Find("#name").Change("try");
        form.Find("form").Submit();
        form.Find("form").Submit();
        form.Find("form").Submit();
        _queued.Select(one => one.Key).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public void A_refusal_of_the_server_is_shown()
    {
        var form = Show(ExperimentForm.Scripted, refusal: Refusal.Conflict("The database is full."));
        form.Find("#name").Change("try");
        form.Find("form").Submit();
        form.Find("form").Submit();
        form.Find("[role=alert]").TextContent.ShouldContain("The database is full.");
    }

    [Fact]
    public void A_presets_card_says_the_whole_first_sentence_of_its_file()
    {
        File.WriteAllText(Path.Combine(_home.FullName, "long.yaml"), "# What is trained at first (arXiv 2504.13617): SFT, stopped so\n# that there is room above it, then GRPO. More of it\n# is said here.\nexperiment: x\n# Not this.\n");
        File.WriteAllText(Path.Combine(_home.FullName, "short.yaml"), "# No full stop\n\n# Another comment.\n");
        File.WriteAllText(Path.Combine(_home.FullName, "silent.yaml"), "experiment: x\n");
        var titles = new Presets(_home.FullName).List().ToDictionary(preset => preset.Name, preset => preset.Title);
        titles["long"].ShouldBe("What is trained at first (arXiv 2504.13617): SFT, stopped so that there is room above it, then GRPO.");
        (titles["short"], titles["silent"]).ShouldBe(("No full stop", ""));
        titles["demo"].ShouldEndWith("two seeds each.");
    }

    [Fact]
    public void A_preset_fills_the_YAML_field_and_its_mistakes_are_listed()
    {
        File.WriteAllText(Path.Combine(_home.FullName, "mine.yaml"), "# My own start\nexperiment: mine\nruns: []\n");
        Show("demo").Markup.ShouldContain("My own start");
        var form = Show("yaml", "mine");
        form.Find("#yaml").GetAttribute("value")!.ShouldContain("experiment: mine");
        form.Find("form").Submit();
        form.Find("[role=alert]").TextContent.ShouldContain("1 to 500 runs");
    }
}
