using SggLab.Datasets;

namespace SggLab.Training.Prompts;

/// <summary>The n-th example that a run sees: each epoch in an order of its own, all a function of (seed, n), so that a resumed run needs no more than n.</summary>
public sealed class ExampleStream(ISceneGraphDataset dataset, long seed)
{
    private int _epoch = -1;
    private int[] _order = [];

    /// <summary>An example and how often it was drawn before.</summary>
    public (SceneGraphExample Example, int TimesSeen) this[long position]
    {
        get
        {
            var epoch = (int)(position / dataset.Count);
            if (epoch != _epoch)
                (_epoch, _order) = (epoch, Permutation.Of(dataset.Count, unchecked(seed * 1_000_003 + epoch)));
            return (dataset[_order[position % dataset.Count]], epoch);
        }
    }
}
