"""A Gaussian model of rewards: each choice of an architecture has an effect.

    reward = level + sum of the effects of the choices + rest

`evidence` removes the level. The rest is what pairs of choices do together, and
noise. Two rewards of one architecture have independent rests in this model.

The effect of an operation on an edge is a sum: a part of this edge alone, a
part that all edges of the cell type share, and one that all cell types share. A
combination of edges has an effect of its own. Directions, which are effects
that something else than rewards suggests, are added with a coefficient each:

    effects = own + shared in the cell type + shared in all + sum of
              coefficient * direction

These parts are independent and normal with mean 0; each kind has a variance,
which is estimated from the rewards. A direction that explains nothing gets a
variance of about 0, and so no weight.
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from ednas_tf.searchers.choices import Choices
from ednas_tf.searchers.evidence import Evidence
from ednas_tf.searchers.searcher import Worth

#: The most directions that a model can be given.
MOST_DIRECTIONS = 4
#: Variances at first, in units of the noise variance of one reward.
_OWN, _INPUTS, _SHARED, _DIRECTION = 0.1, 0.03, 0.1, 0.3
#: The first variances count like so many effects that were observed. Fewer
#: rewards than effects would otherwise be explained by effects alone.
_WEIGHT = 4.0
#: Steps of expectation maximisation after each call, which start from the
#: variances so far; and after a new direction.
_STEPS, _STEPS_AFTER_DIRECTION = 4, 30
_LEAST, _MOST = 1e-8, 1e4


class ChoiceModel(tf.Module):
    """Effects of choices, estimated from rewards.

    All numbers are float64, and all shapes static.

    Args:
      choices: the choices of a space.
      memory: see `Evidence`.

    Attributes:
      evidence: the rewards so far.
      variances: of the parts of each kind, relative to the noise: parts of one
        edge, of a combination of edges, of a cell type, of all cell types (if
        there are several), and of each direction.
      noise: variance of the rest; 1 as long as there is nothing to estimate it
        from.
      mean: posterior mean of the effects, [count of choices].
      factor: a factor of their posterior covariance, [count of choices,
        components]: the covariance is factor @ factor.T.
    """

    def __init__(self, choices: Choices, memory: float = 0.0):
        super().__init__()
        self.choices = choices
        self._components, self._kinds, prior, weight = _components(choices)
        self._prior, self._weight = prior, weight
        count = choices.count
        self.evidence = Evidence(count, memory)
        self._directions = _state([count, MOST_DIRECTIONS])
        self._names = tf.Variable([""] * MOST_DIRECTIONS, trainable=False)
        self.variances = tf.Variable(prior, trainable=False)
        self.noise = tf.Variable(1.0, trainable=False, dtype=tf.float64)
        self.mean = _state([count])
        self.factor = _state([count, self._kinds.shape[1]])
        self._fit(0)

    def add(
        self, made: tf.Tensor, rewards: tf.Tensor, comparable: bool
    ) -> None:
        """Learns from the rewards of a call; see `Evidence.add`."""
        self.evidence.add(made, rewards, comparable)
        self._fit(_STEPS)

    def _fit(self, steps):
        """Estimates the variances by some steps, then the effects.

        A step of expectation maximisation sets each variance to the mean of the
        expected squares of its components. The noise variance is the one that
        is likeliest, given all others relative to it.
        """
        basis, xx, xy = self._sums_of_components()
        variances = self.variances.read_value()
        for _ in range(steps):
            mean, factor, noise = self._solve(xx, xy, variances)
            square = mean**2 / noise + tf.reduce_sum(factor**2, 1)
            square = tf.linalg.matvec(self._kinds, square)
            number = tf.reduce_sum(self._kinds, 1) + self._weight
            variances = (square + self._weight * self._prior) / number
            variances = tf.clip_by_value(variances, _LEAST, _MOST)
        mean, factor, noise = self._solve(xx, xy, variances)
        self.variances.assign(variances)
        self.noise.assign(noise)
        self.mean.assign(tf.linalg.matvec(basis, mean))
        self.factor.assign(tf.matmul(basis, tf.sqrt(noise) * factor))

    def _sums_of_components(self):
        """The basis [choices, components], and the sums in terms of it."""
        basis = tf.concat([self._components, self._directions], 1)
        xx = tf.matmul(
            basis, tf.matmul(self.evidence.xx, basis), transpose_a=True
        )
        xy = tf.linalg.matvec(basis, self.evidence.xy, transpose_a=True)
        return basis, xx, xy

    def _solve(self, xx, xy, variances):
        """The posterior of the components.

        Args:
          xx, xy: sums over the rewards, in terms of the components.
          variances: the prior variance of each kind, relative to the noise.

        Returns:
          The mean [components]; a factor of the covariance, relative to the
          noise variance, [components, components]; and the noise variance.
        """
        deviation = tf.sqrt(
            tf.linalg.matvec(self._kinds, variances, transpose_a=True)
        )
        # The eigenvalues of this matrix are at least 1.
        scaled = deviation[:, tf.newaxis] * xx * deviation
        root = tf.linalg.cholesky(
            scaled + tf.eye(scaled.shape[0], dtype=tf.float64)
        )
        factor = tf.transpose(
            tf.linalg.triangular_solve(root, tf.linalg.diag(deviation))
        )
        mean = tf.linalg.matvec(
            factor, tf.linalg.matvec(factor, xy, transpose_a=True)
        )
        freedom = self.evidence.freedom
        square = self.evidence.yy - tf.reduce_sum(xy * mean)
        estimate = square / tf.maximum(freedom, 1e-3)
        # Rewards may be all alike.
        noise = tf.where(freedom > 0, tf.maximum(estimate, 1e-18), 1.0)
        return mean, factor, noise

    def draw(self, seed: tf.Tensor) -> tf.Tensor:
        """Draws the effects of all choices from their posterior.

        Args:
          seed: int32 [2].

        Returns:
          float64 [count of choices].
        """
        return self.draws(1, seed)[0]

    def draws(self, count: int, seed: tf.Tensor) -> tf.Tensor:
        """Like `draw`, several independent ones: [count, count of choices]."""
        normal = tf.random.stateless_normal(
            [count, self.factor.shape[1]], seed, dtype=tf.float64, alg="philox"
        )
        return self.mean + tf.matmul(normal, self.factor, transpose_b=True)

    def effects(self) -> tuple[tf.Tensor, tf.Tensor]:
        """How much better each choice is than its alternatives.

        Returns:
          Contrasts (see `Choices.contrasts`) in units of the reward, and their
          standard errors, float64 [count of choices] each; all 0 as long as
          there are no rewards to compare.
        """
        contrasts = tf.constant(self.choices.contrasts)
        known = tf.cast(self.evidence.freedom > 0, tf.float64)
        mean = tf.linalg.matvec(contrasts, self.mean)
        errors = tf.norm(tf.matmul(contrasts, self.factor), axis=1)
        return known * mean, known * errors

    def deviation(self) -> tf.Tensor:
        """Standard deviation over random architectures of the estimated sum."""
        return tf.sqrt(self._variance(self.mean))

    def _variance(self, effects):
        """Variance over random architectures of the sum of effects [count]."""
        contrasts = tf.constant(self.choices.contrasts)
        square = tf.linalg.matvec(contrasts, effects) ** 2
        return tf.reduce_sum(self.choices.frequencies * square)

    def inform(self, name: str, effects: Mapping) -> None:
        """Gives the model a direction, or replaces the one with this name.

        Only differences between architectures count, not their scale, nor
        their sign. The method must be called eagerly.

        Args:
          name: what the direction is called.
          effects: an effect for each choice, in the form of
            `Searcher.marginals`; those of absent names are 0. Examples are the
            number of weights of each operation on each edge, or the effects
            that another model has learnt from other rewards.

        Raises:
          ValueError: the effects have another form or are not finite, or there
            are too many directions.
        """
        joined = self.choices.join(effects)
        if not np.all(np.isfinite(joined)):
            raise ValueError(f"{name}: expected finite effects, found others")
        deviation = np.sqrt(self._variance(tf.constant(joined)))
        if deviation > 0:
            joined = joined / deviation
        directions = self._directions.numpy()
        directions[:, self._place(name)] = joined
        self._directions.assign(directions)
        self._fit(_STEPS_AFTER_DIRECTION)

    def _place(self, name):
        """The column of a direction; a new one takes the first free column."""
        names = [each.decode() for each in self._names.numpy()]
        if not name:
            raise ValueError("expected a name of the direction, found none")
        if name not in names:
            if "" not in names:
                raise ValueError(
                    f"{name}: expected at most {MOST_DIRECTIONS} directions, "
                    f"found {', '.join(names)} before it"
                )
            names[names.index("")] = name
            self._names.assign(names)
        return names.index(name)

    def worth(self) -> dict[str, Worth]:
        """What each direction contributes, by name; to be called eagerly."""
        _, xx, xy = self._sums_of_components()
        mean, factor, noise = self._solve(xx, xy, self.variances)
        errors = tf.sqrt(noise) * tf.norm(factor, axis=1)
        total = float(self._variance(self.mean))
        found = {}
        for i, name in enumerate(self._names.numpy()):
            if name:
                at = self._components.shape[1] + i
                coefficient = float(mean[at])
                share = min(1.0, coefficient**2 / total) if total else 0.0
                found[name.decode()] = Worth(
                    coefficient, float(errors[at]), share
                )
        return found


def _state(shape=()):
    return tf.Variable(tf.zeros(shape, tf.float64), trainable=False)


def _components(choices):
    """The independent parts of the effects, in the order of their kinds.

    Returns:
      The parts without directions, a matrix [count of choices, components]
      whose product with them is the effects; which component is of which kind,
      [kinds, components with directions], 1 or 0 each; and for each kind its
      first variance and the weight of that.
    """
    space, eye = choices.space, np.eye(choices.count)
    num_ops, is_operation = len(space.ops), choices.is_operation
    cells = np.zeros((choices.count, len(space.cell_types) * num_ops))
    for i, cell_type in enumerate(space.cell_types):
        where, (edges, _) = choices.parts[f"operations/{cell_type}"]
        own = slice(i * num_ops, (i + 1) * num_ops)
        cells[where, own] = np.tile(np.eye(num_ops), (edges, 1))
    kinds = [
        (eye[:, is_operation], _OWN, _WEIGHT),
        (eye[:, ~is_operation], _INPUTS, _WEIGHT),
        (cells, _SHARED, _WEIGHT),
    ]
    if len(space.cell_types) > 1:
        every = cells.reshape(choices.count, -1, num_ops).sum(1)
        kinds.append((every, _SHARED, _WEIGHT))
    parts, prior, weight = zip(*kinds, strict=True)
    sizes = [part.shape[1] for part in parts] + [1] * MOST_DIRECTIONS
    # A direction has no weight of its own: it has to prove itself.
    prior = np.array(prior + (_DIRECTION,) * MOST_DIRECTIONS)
    weight = np.array(weight + (0.0,) * MOST_DIRECTIONS)
    belongs = np.repeat(np.eye(len(sizes)), sizes, axis=1)
    matrix = tf.constant(np.concatenate(parts, 1))
    return matrix, tf.constant(belongs), tf.constant(prior), weight
