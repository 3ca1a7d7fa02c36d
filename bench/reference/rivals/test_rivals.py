"""Checks of the rivals against what they must do: python -m unittest (in this folder)."""

import math
import unittest

import torch

import networks
from graph import distances, label_propagation, polar, spectral_clustering
from poses import PoseSampler, rotation, warp
from preprocessing import prepared, without_plane
from rivals import matched
from task import Ranges, Task
from templates import nearest_template
from training import Budget, predict, train

RANGES = Ranges(angle=180, shift=(0.1, 0.1), scale=(1, 1), shear=0)


def letters(generator: torch.Generator, per_class: int, draw: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """An L and a T of 24 x 24 pixels, upright or at drawn rotations and shifts."""
    images = torch.zeros(2, 24, 24)
    images[0, 6:18, 8:11] = images[0, 15:18, 8:17] = 1
    images[1, 6:9, 6:18] = images[1, 6:18, 10:13] = 1
    classes = torch.arange(2).repeat_interleave(per_class)
    sampler = PoseSampler(RANGES, False, 0.0, False, "zeros", generator)
    return (sampler(images[classes]) if draw else images[classes]), classes


def task(generator: torch.Generator) -> Task:
    labelled, classes = letters(generator, 1, draw=False)
    test, test_classes = letters(generator, 40, draw=True)
    return Task(labelled, classes, test, test, test_classes.numpy(), RANGES, 2)


class Rivals(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(1)
        self.generator = torch.Generator().manual_seed(1)

    def test_the_c8_network_is_invariant_to_rotations_by_90_degrees(self) -> None:
        network = networks.C8Network(28, 3).eval()
        images = torch.rand(4, 28, 28)
        turned = network(torch.rot90(images, 1, (1, 2)))
        self.assertLess((network(images) - turned).abs().max().item(), 1e-5)
        self.assertGreater(network(images).std().item(), 1e-3)

    def test_filters_rotated_eight_times_by_45_degrees_are_rotations_of_the_first(self) -> None:
        maps = networks.filter_rotations(5)
        filters = torch.rand(25)
        by_90 = torch.rot90((maps[0] @ filters).reshape(5, 5), 1)
        self.assertTrue(
            any(torch.allclose((maps[r] @ filters).reshape(5, 5), by_90, atol=1e-5) for r in (2, 6)),
        )

    def test_warp_moves_objects_by_the_shift_and_rotates_counter_clockwise(self) -> None:
        image = torch.zeros(1, 20, 20)
        image[0, 9:11, 14:16] = 1
        still = torch.eye(2)[None]
        shifted = warp(image, still, torch.tensor([[-0.4, 0.2]]), "zeros")
        self.assertTrue(torch.allclose(shifted[0, 11:13, 10:12], torch.ones(2, 2), atol=1e-4))
        up = warp(image, rotation(torch.tensor([math.pi / 2])), torch.zeros(1, 2), "zeros")
        self.assertTrue(torch.allclose(up[0, 4:6, 9:11], torch.ones(2, 2), atol=1e-4))

    def test_polar_distances_are_zero_for_rotated_and_shifted_copies_and_not_for_others(self) -> None:
        images, _ = letters(self.generator, 1, draw=False)
        turned = torch.rot90(images, 1, (1, 2)).roll((2, -1), (1, 2))
        found = distances(polar(images), polar(turned))
        apart = found[0, 1].item()
        self.assertLess(found.diagonal().max().item(), 0.02 * apart)

    def test_a_plane_is_removed_under_an_object(self) -> None:
        line = torch.linspace(-1, 1, 24)
        plane = 0.3 + 0.2 * line[None, :] - 0.4 * line[:, None]
        images, _ = letters(self.generator, 1, draw=False)
        flat = without_plane(images + plane)
        self.assertLess((flat - images).abs().max().item(), 0.02)
        power = prepared(images + plane).pow(2).mean((1, 2))
        self.assertTrue(torch.allclose(power, torch.ones(2), atol=1e-2))

    def test_the_nearest_template_and_a_small_network_tell_an_l_from_a_t(self) -> None:
        letters_task = task(self.generator)
        found = nearest_template(letters_task, letters_task.labelled, letters_task.test, "angle", "zeros", self.generator)
        self.assertGreaterEqual((found == letters_task.test_classes).mean(), 0.95)
        spread = label_propagation(letters_task, letters_task.labelled, letters_task.unlabelled, letters_task.test)
        self.assertGreaterEqual((spread == letters_task.test_classes).mean(), 0.95)
        clusters = spectral_clustering(letters_task, letters_task.unlabelled, letters_task.test, seed=1)
        self.assertGreaterEqual((matched(clusters, letters_task.test_classes, 2) == letters_task.test_classes).mean(), 0.95)
        network = networks.cnn(24, 2)
        draw = PoseSampler(RANGES, False, 0.1, False, "zeros", self.generator)
        budget = Budget(400)
        trained = train(network, letters_task.labelled, letters_task.labelled_classes, draw, budget, self.generator, letters_task.unlabelled)
        self.assertGreaterEqual((predict(trained, letters_task.test).numpy() == letters_task.test_classes).mean(), 0.9)


if __name__ == "__main__":
    unittest.main()
