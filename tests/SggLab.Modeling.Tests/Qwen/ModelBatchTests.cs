using SggLab.Contracts;

namespace SggLab.Modeling.Tests;

public class ModelBatchTests
{
    [Fact]
    public void A_mask_larger_than_an_array_is_refused_in_words()
    {
        using var model = Qwen2VLModel.Load(Golden.Model("qwen2-vl-tiny"));
        BatchRow[] rows = [.. new[] { 30_000, 30_000, 10 }.Select(length => new BatchRow { Ids = new int[length], Images = [] })];

        Should.Throw<LabException>(() => ModelBatch.Of(model, rows, padLeft: true)).Message.ShouldContain("attention mask of 3 rows of 30000 tokens");
    }
}
