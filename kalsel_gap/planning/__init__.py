"""What to build for whom, from which money, in which year: costs, options, plan, evaluation."""
