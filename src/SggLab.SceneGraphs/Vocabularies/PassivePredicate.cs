namespace SggLab.SceneGraphs.Vocabularies;

/// <summary>The active form of a passive predicate; subject and object change places where <paramref name="Swap"/>.</summary>
public readonly record struct PassivePredicate(string Target, bool Swap);
