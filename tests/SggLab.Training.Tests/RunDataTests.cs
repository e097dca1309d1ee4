using System.Globalization;
using System.Text.RegularExpressions;
using SggLab.Contracts.Records;
using SggLab.Contracts.Specs;

namespace SggLab.Training.Tests;

/// <summary>Bad data is found before the first step, with the file and what there is.</summary>
public sealed class RunDataTests : IDisposable
{
    private readonly TinyRuns _runs = new();
    public void Dispose() => _runs.Dispose();

    private RunSpec Sft => _runs.Spec(RunMethod.Sft);

    [Fact]
    public void A_split_that_is_not_there_is_named_with_those_that_are()
    {
        var message = RefusedAtOnce(Sft with { Data = Sft.Data with { TestSplit = "tset" } });

        message.ShouldContain($"data.test_split: {_runs["test"]}: has no split 'tset'; it has ");
    }

    [Theory]
    [InlineData("truncated.parquet")]
    [InlineData("page_damaged.parquet")]
    [InlineData("relation_to_missing_object.parquet")]
    [InlineData("zero_rows.parquet")]
    public void A_damaged_test_file_is_found_before_a_model_is_trained_for_it(string file)
    {
        var path = Golden.Folder("datasets", "corrupt", file);

        RefusedAtOnce(Sft with { Data = Sft.Data with { Test = path } }).ShouldContain($"data.test: {path}");
    }

    [Fact]
    public void A_row_in_the_middle_that_cannot_be_read_is_found_in_the_training_data()
    {
        var path = _runs["damaged.parquet"];
        var bytes = File.ReadAllBytes(Directory.GetFiles(_runs["train"], "*.parquet", SearchOption.AllDirectories)[0]);
        bytes.AsSpan(bytes.Length / 3, bytes.Length / 3).Clear();
        File.WriteAllBytes(path, bytes);

        RefusedAtOnce(Sft with { Data = Sft.Data with { Train = path } }).ShouldContain($"data.train: {path}");
    }

    [Fact]
    public void Names_of_another_vocabulary_are_found_before_a_model_is_trained()
    {
        var spec = Sft with { Data = Sft.Data with { Vocabulary = "psg" } };

        RefusedAtOnce(spec).ShouldSatisfyAllConditions(said => said.ShouldContain($"data.test: {_runs["test"]}"), said => said.ShouldContain("row 0"),
            said => said.ShouldContain("wanted one of the 133 categories of psg"), said => said.ShouldContain("name the vocabulary that it uses"));
    }

    [Fact]
    public void Rows_that_are_not_evaluated_need_not_be_whole()
    {
        var spec = Sft with { Data = Sft.Data with { Test = Golden.Folder("datasets", "corrupt", "relation_to_missing_object.parquet"), Vocabulary = "vg150" } };
        var row = int.Parse(Regex.Match(RunData.Check(spec).ShouldHaveSingleItem().Message, @"row (\d+)").Groups[1].Value, CultureInfo.InvariantCulture);

        row.ShouldBeGreaterThan(0);
        RunData.Check(spec with { Evaluation = new() { Limit = row } }).ShouldBeEmpty();
        RunData.Check(spec with { Evaluation = new() { Limit = row + 1 } }).ShouldNotBeEmpty();
    }

    [Fact]
    public void Data_that_many_runs_share_are_reported_for_each_and_good_data_for_none()
    {
        var bad = Sft with { Data = Sft.Data with { Test = Golden.Folder("datasets", "corrupt", "truncated.parquet") } };

        RunData.Check(new ExperimentSpec { Experiment = "e", Runs = [bad, Sft, bad] }).Select(problem => problem.Field).ShouldBe(["runs[0].data.test", "runs[2].data.test"]);
    }

    private string RefusedAtOnce(RunSpec spec)
    {
        var (closed, recorder) = _runs.Run(spec);
        (closed.Outcome, closed.Kind).ShouldBe(("failed", "input"));
        recorder.Of<StartedRecord>().ShouldBeEmpty();
        return closed.Message!;
    }
}
